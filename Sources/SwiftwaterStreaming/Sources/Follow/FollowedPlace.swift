import SwiftwaterCore

/// How far a followed file was read, as log and checkpoint keep it: the name of a sender and its last position.
///
///     tail /var/log/posts.ndjson #3 1835021 512 9f86d081884c7d65       position 73912
///          path                  generation, file number, and the length and hash of the file's beginning
struct FollowedPlace: Equatable {
    /// The longest beginning that is compared.
    static let headMaxBytes = 1024

    /// The number of the file among those that were at the path, from 1.
    var generation: Int
    /// The file system's number of the file.
    var number: UInt64
    /// The length of the beginning that is compared.
    var headBytes: Int
    /// The hash of that beginning.
    var headHash: UInt64
    /// The offset after the last line that was read.
    var offset: Int

    /// Creates the place after the first lines of a file.
    init(generation: Int, number: UInt64, head: some Collection<UInt8>, offset: Int) {
        (self.generation, self.number, self.offset) = (generation, number, offset)
        headBytes = head.count
        headHash = FollowedPlace.hash(head)
    }

    /// Reads what `name` wrote; nil if it is not the name of a place at this path.
    init?(name: String, position: UInt64, path: String) {
        let start = FollowedPlace.prefix(path)
        guard name.hasPrefix(start), let offset = Int(exactly: position) else { return nil }
        let parts = name.dropFirst(start.count).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let generation = Int(parts[0]), let number = UInt64(parts[1]),
            let headBytes = Int(parts[2]), (1...FollowedPlace.headMaxBytes).contains(headBytes),
            let headHash = UInt64(parts[3], radix: 16)
        else { return nil }
        (self.generation, self.number, self.headBytes, self.headHash) = (generation, number, headBytes, headHash)
        self.offset = offset
    }

    static func prefix(_ path: String) -> String { "tail \(path) #" }

    /// The sender's name.
    func name(_ path: String) -> String {
        FollowedPlace.prefix(path) + "\(generation) \(number) \(headBytes) \(String(headHash, radix: 16))"
    }

    /// Whether a file that begins so is this one, or a copy of it.
    func isBeginning(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count >= headBytes && FollowedPlace.hash(bytes.prefix(headBytes)) == headHash
    }

    private static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        Array(bytes).withUnsafeBytes { StableHasher.hash($0) }
    }
}
