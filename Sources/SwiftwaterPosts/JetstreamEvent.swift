import SwiftwaterCore

/// What an event of Bluesky's Jetstream says about itself. The record in it is passed over.
///
///     {"did":"did:plc:...","time_us":1725911162329308,"kind":"commit","commit":{"rev":"...","operation":"create",
///      "collection":"app.bsky.feed.post","rkey":"...","record":{...},"cid":"..."}}
package struct JetstreamEvent: Sendable, Equatable {
    /// What happened.
    package enum Kind: Sendable, Equatable { case commit, other }

    /// What happened.
    package let kind: Kind
    /// When the server sent it first, in microseconds since 1970. Not in order.
    package let time: Int64
    /// The hash of the author, collection, key, operation and revision: the same for the same event of every server.
    package let identity: UInt64

    /// Reads an event. O(its bytes).
    ///
    /// - Throws: `malformedInput` if it is not an object with `did` and `time_us`.
    package init(parsing line: UnsafeBufferPointer<UInt8>) throws {
        var (did, time, kind, commit) = (PostScan.Value(), PostScan.Value(), PostScan.Value(), Commit())
        let isRead =
            !line.isEmpty
            && PostScan.read(line) { scan, key in
                if key.isSame("did") { return scan.take(&did) }
                if key.isSame("kind") { return scan.takeScalar(&kind) }
                if key.isSame("time_us") { return scan.peek() == 0x22 ? scan.skip() : scan.takeScalar(&time) }
                guard key.isSame("commit") else { return scan.skip() }
                return scan.walkOrSkip { scan, key in commit.member(key, &scan) }
            }
        guard isRead, did.isThere, let microseconds = Int64(String(decoding: time.slice, as: UTF8.self)),
            microseconds > 0
        else {
            throw SwiftwaterError(
                .malformedInput, "the event is not JSON with did and time_us",
                remedy: "check what is at the other end")
        }
        self.time = microseconds
        self.kind = kind.slice.isSame("commit") ? .commit : .other
        var hasher = StableHasher()
        for part in [did, commit.collection, commit.key, commit.operation, commit.revision] {
            hasher.combine(bytes: UnsafeRawBufferPointer(part.slice))
        }
        // Identity and account events have nothing else that tells them apart.
        if self.kind == .other { hasher.combine(UInt64(bitPattern: microseconds)) }
        identity = hasher.finalize()
    }

    private struct Commit {
        var collection = PostScan.Value()
        var key = PostScan.Value()
        var operation = PostScan.Value()
        var revision = PostScan.Value()

        mutating func member(_ name: PostScan.Slice, _ scan: inout PostScan) -> Bool {
            if name.isSame("rev") { return scan.takeScalar(&revision) }
            if name.isSame("rkey") { return scan.takeScalar(&key) }
            if name.isSame("operation") { return scan.takeScalar(&operation) }
            return name.isSame("collection") ? scan.takeScalar(&collection) : scan.skip()
        }
    }
}
