import SwiftwaterRecommender
import SwiftwaterStorage

/// Checks that must hold for any bytes. The programs in `Fuzz/` call them with the input of libFuzzer, and the tests
/// with the corpora in that folder.
public enum FuzzChecks {
    /// Reads bytes as a ratings file: they are read, or rejected with an error. The plain reader, which uses all
    /// threads, gives what the general reader gives.
    public static func ratings(_ bytes: [UInt8]) {
        // Rows near the end of a file always go through the general reader; empty lines keep these rows away from the
        // end.
        let padded = bytes + [UInt8](repeating: 0x0A, count: 256)
        guard let short = read(bytes), let long = read(padded) else { return }
        precondition(short.ratings == long.ratings, "the two readers differ")
        precondition(short.report.rows == long.report.rows, "the two readers count rows differently")
        precondition(short.report.malformedRows == long.report.malformedRows, "the two readers differ in bad rows")
        let ratings = short.ratings
        precondition(ratings.users.allSatisfy { $0 < ratings.userIDs.count }, "a user's number is out of bounds")
        precondition(ratings.items.allSatisfy { $0 < ratings.itemIDs.count }, "an item's number is out of bounds")
        precondition(ratings.values.allSatisfy { $0.isFinite }, "a rating is not finite")
        for ids in [ratings.userIDs, ratings.itemIDs] {
            for number in 0..<ids.count {
                precondition(ids.index(of: ids[number]) == number, "an id is not found again")
            }
        }
    }

    private static func read(_ bytes: [UInt8]) -> RatingsReading? {
        try? Ratings.read(bytes: bytes, name: "fuzz", format: RatingsFormat(threads: 1))
    }

    /// Reads bytes as a model file, with a matching checksum so that the content is examined: they are read, or
    /// rejected with an error. A model that is read can be used.
    public static func model(_ bytes: [UInt8]) {
        guard bytes.count >= 12, let model = try? ModelFile.read(bytes: sealed(bytes, magic: "SWIFTALS")) else {
            return
        }
        for user in 0..<min(4, model.userIDs.count) {
            _ = model.recommendItems(forUserIndex: user, limit: 5)
            _ = model.similarUsers(toUserIndex: user, limit: 5)
            _ = model.userIDs.index(of: model.userIDs[user])
        }
        for item in 0..<min(4, model.itemIDs.count) {
            _ = model.recommendUsers(forItemIndex: item, limit: 5)
            _ = model.similarItems(toItemIndex: item, limit: 5)
        }
        if model.itemIDs.count > 0 { _ = try? model.foldIn([(itemIndex: 0, rating: 4)]) }
    }

    private static func sealed(_ bytes: [UInt8], magic: String) -> [UInt8] {
        var bytes = Array(bytes.dropLast(4))
        bytes.replaceSubrange(0..<8, with: Array(magic.utf8))
        var checksum = Checksum()
        bytes.withUnsafeBytes { checksum.update($0) }
        withUnsafeBytes(of: checksum.value.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }
}
