import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterFormats

/// What an event of Bluesky's Jetstream says about itself. The record in it is passed over.
///
///     {"did":"did:plc:...","time_us":1725911162329308,"kind":"commit","commit":{"rev":"...","operation":"create",
///      "collection":"app.bsky.feed.post","rkey":"...","record":{...},"cid":"..."}}
package struct JetstreamEvent: Sendable, Equatable {
    /// What happened.
    package enum Kind: Sendable, Equatable { case commit, other }

    /// What happened.
    package private(set) var kind = Kind.other
    /// When the server sent it first, in microseconds since 1970. Not in order.
    package private(set) var time: Int64 = 0
    /// The hash of the author, collection, key, operation and revision: the same for the same event of every server.
    package private(set) var identity: UInt64 = 0

    /// Reads an event. O(its bytes).
    ///
    /// - Throws: `malformedInput` if it is not an object with `did` and `time_us`.
    package init(parsing line: UnsafeBufferPointer<UInt8>) throws {
        var scan = Scan(line)
        var did: Scan.Slice?
        var commit = Commit()
        let isRead = scan.object { scan, key in
            switch key.count {
            case 3 where key.isSame("did"): return scan.string { did = $0 }
            case 4 where key.isSame("kind"): return scan.string { kind = $0.isSame("commit") ? .commit : .other }
            case 7 where key.isSame("time_us"): return scan.integer { time = $0 }
            case 6 where key.isSame("commit"): return scan.object { scan, key in commit.member(key, &scan) }
            default: return scan.skip()
            }
        }
        guard isRead, scan.isAtEnd, let did, time > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the event is not JSON with did and time_us", at: .init(byteOffset: scan.at),
                remedy: "check what is at the other end")
        }
        var hasher = StableHasher()
        for part in [did, commit.collection, commit.key, commit.operation, commit.revision] {
            hasher.combine(bytes: UnsafeRawBufferPointer(part))
        }
        // Identity and account events have nothing else that tells them apart.
        if kind == .other { hasher.combine(UInt64(bitPattern: time)) }
        identity = hasher.finalize()
    }

    private struct Commit {
        var collection = Scan.Slice(start: nil, count: 0)
        var key = Scan.Slice(start: nil, count: 0)
        var operation = Scan.Slice(start: nil, count: 0)
        var revision = Scan.Slice(start: nil, count: 0)

        mutating func member(_ name: Scan.Slice, _ scan: inout Scan) -> Bool {
            switch name.count {
            case 3 where name.isSame("rev"): scan.string { revision = $0 }
            case 4 where name.isSame("rkey"): scan.string { key = $0 }
            case 9 where name.isSame("operation"): scan.string { operation = $0 }
            case 10 where name.isSame("collection"): scan.string { collection = $0 }
            default: scan.skip()
            }
        }
    }
}

/// A pass over JSON that passes over whatever nobody asked for.
private struct Scan {
    typealias Slice = UnsafeBufferPointer<UInt8>

    private let line: Slice
    private(set) var at = 0

    init(_ line: Slice) { self.line = line }

    /// Whether only white space follows.
    var isAtEnd: Bool { line[at...].allSatisfy(Scan.isSpace) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private mutating func peek() -> UInt8 {
        while at < line.count, Scan.isSpace(line[at]) { at += 1 }
        return at < line.count ? line[at] : 0
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        at += 1
        return true
    }

    /// Reads an object, of whose members `body` reads the values. Anything else is passed over.
    mutating func object(_ body: (inout Scan, Slice) -> Bool) -> Bool {
        guard peek() == 0x7B else { return skip() }
        at += 1
        if take(0x7D) { return true }
        repeat {
            guard peek() == 0x22, let key = text(), take(0x3A), body(&self, key) else { return false }
        } while take(0x2C)
        return take(0x7D)
    }

    /// Reads a string without its quotes, as it is written.
    private mutating func text() -> Slice? {
        guard let base = line.baseAddress else { return nil }
        var isEscaped: Int32 = 0
        let start = at + 1
        let end = sw_json_string_end(base, line.count, start, &isEscaped)
        guard end < line.count else { return nil }
        at = end + 1
        return Slice(start: base + start, count: end - start)
    }

    mutating func string(_ body: (Slice) -> Void) -> Bool {
        guard peek() == 0x22 else { return skip() }
        guard let found = text() else { return false }
        body(found)
        return true
    }

    mutating func integer(_ body: (Int64) -> Void) -> Bool {
        var value: Int64 = 0
        let start = at
        guard (0x30...0x39).contains(peek()) else { return skip() }
        while at < line.count, (0x30...0x39).contains(line[at]) {
            let (product, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int64(line[at] - 0x30))
            guard !isTooLong, !isTooLarge else { return false }
            value = sum
            at += 1
        }
        // A fraction is not a number of microseconds.
        guard at < line.count, line[at] != 0x2E, line[at] != 0x65, line[at] != 0x45 else {
            at = start
            return skip()
        }
        body(value)
        return true
    }

    mutating func skip() -> Bool {
        switch peek() {
        case 0: return false
        case 0x22: return text() != nil
        case 0x7B, 0x5B:
            guard let base = line.baseAddress else { return false }
            let end = sw_json_skip_nested(base, line.count, at)
            guard end <= line.count, end > at + 1, line[end - 1] == 0x7D || line[end - 1] == 0x5D else { return false }
            at = end
            return true
        default:
            let start = at
            while at < line.count, line[at] != 0x2C, line[at] != 0x7D, line[at] != 0x5D, !Scan.isSpace(line[at]) {
                at += 1
            }
            return at > start
        }
    }
}
