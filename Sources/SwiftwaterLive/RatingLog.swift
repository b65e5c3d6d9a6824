import Algorithms
import SwiftwaterCore
import SwiftwaterStorage

/// The durable log of ratings: a journal (`docs/FORMATS.md`) whose records are
///
///     1  ratings    count, then for each: user, item (counted UTF-8), bits of the Float32 (4),
///                   milliseconds since 1970 (8)
///     2  forget     two hashes of the user's id (8, 8): earlier ratings of the user do not count
///     3  forgotten  the same, in a log that was rewritten: the user was forgotten at some point; ratings in the log
///                   count, including earlier ones
///
/// Not thread-safe.
package final class RatingLog {
    private static let ratingsType: UInt8 = 1
    private static let forgetType: UInt8 = 2
    private static let forgottenType: UInt8 = 3

    private let journal: Journal
    /// The number of ratings and users in the log's records, including outdated ones.
    private(set) var writtenCount: Int

    /// Opens the log and returns its content.
    ///
    /// - Parameter warn: receives what was dropped, or was lost before.
    /// - Throws: `corrupted` if what was acknowledged cannot be read, `io`.
    static func open(
        _ directory: String, files: any FileSystem, warn: (String) -> Void
    ) throws -> (log: RatingLog, ratings: LoggedRatings) {
        try files.createDirectory(directory)
        let contents = try JournalContents(directory: directory, files: files)
        if contents.droppedBytes > 0 {
            warn(
                "dropped \(contents.droppedBytes) incomplete bytes at the end of the log of ratings; "
                    + "they were never acknowledged")
        }
        let lost = contents.lost.reduce(0) { $0 + $1.count }
        if lost > 0 { warn("going on without \(lost) records of the log of ratings, which a repair gave up") }
        let (ratings, written) = try read(contents, directory, files)
        let journal = try Journal(directory: directory, continuing: contents, files: files)
        let log = RatingLog(journal, written)
        // A user was to be forgotten, and the log may not have been rewritten since.
        if contents.entries.contains(where: { $0.type == forgetType }) { try log.compact(ratings) }
        return (log, ratings)
    }

    /// Reads a log without opening it.
    ///
    /// - Returns: the number of ratings, and of users, that count.
    /// - Throws: the errors with which a recommender would refuse it.
    package static func verify(
        _ directory: String, files: any FileSystem = LocalFileSystem()
    ) throws -> (ratings: Int, users: Int) {
        let ratings = try read(JournalContents(directory: directory, files: files), directory, files).ratings
        return (ratings.count, ratings.userCount)
    }

    private static func read(
        _ contents: JournalContents, _ directory: String, _ files: any FileSystem
    ) throws -> (ratings: LoggedRatings, written: Int) {
        var ratings = LoggedRatings()
        var written = 0
        var segment: (number: UInt64, bytes: [UInt8])?
        for entry in contents.entries {
            if segment?.number != entry.location.segment {
                let path = JournalContents.segmentPath(directory, entry.location.segment)
                segment = (entry.location.segment, try files.read(path))
            }
            let range = entry.location.offset..<entry.location.offset + entry.location.count
            written += try read(entry.type, Array(segment!.bytes[range]), into: &ratings)
        }
        ratings.compact()
        return (ratings, written)
    }

    private init(_ journal: Journal, _ written: Int) { (self.journal, writtenCount) = (journal, written) }

    private static func read(_ type: UInt8, _ payload: [UInt8], into ratings: inout LoggedRatings) throws -> Int {
        var reader = ByteReader(payload)
        switch type {
        case ratingsType:
            let count = try reader.readCount()
            for _ in 0..<count {
                let (user, item) = (try reader.readString(), try reader.readString())
                let rating = Float(bitPattern: try reader.readInteger(UInt32.self))
                let time = try reader.readInteger(Int64.self)
                ratings.add(Text(user), Text(item), .init(rating: rating, time: time))
            }
            return count
        case forgetType, forgottenType:
            let high = try reader.readInteger(UInt64.self)
            let user = ForgottenUser(high: high, low: try reader.readInteger(UInt64.self))
            if type == forgetType { ratings.forget(user) } else { ratings.forgotten.insert(user) }
            return 1
        default:
            throw SwiftwaterError(
                .corrupted, "the rating log has a record of type \(type)",
                remedy: "a newer version may have written it; use that version")
        }
    }

    /// Queues ratings. `flush` makes them durable.
    func append(_ events: [RatingEvent], at time: Int64) throws {
        try append(events.count) { writer in
            for event in events { Self.write(event.user, event.item, .init(rating: event.rating, time: time), &writer) }
        }
    }

    private static func write(
        _ user: String, _ item: String, _ rating: LoggedRatings.Rating, _ writer: inout ByteWriter
    ) {
        writer.write(string: user)
        writer.write(string: item)
        writer.write(integer: rating.rating.bitPattern)
        writer.write(integer: rating.time)
    }

    private func append(_ count: Int, _ write: (inout ByteWriter) -> Void) throws {
        var writer = ByteWriter()
        writer.write(count: count)
        write(&writer)
        try journal.append(type: Self.ratingsType, writer.bytes)
        writtenCount += count
    }

    /// Queues the request to forget a user. `flush` makes it durable.
    func append(forget user: ForgottenUser) throws { try append(user, Self.forgetType) }

    private func append(_ user: ForgottenUser, _ type: UInt8) throws {
        var writer = ByteWriter()
        writer.write(integer: user.high)
        writer.write(integer: user.low)
        try journal.append(type: type, writer.bytes)
        writtenCount += 1
    }

    /// Returns when everything appended so far is on the disk.
    func flush() throws { try journal.flush() }

    /// Whether a write failed; nothing is written until `reopen`.
    var hasFailed: Bool { journal.hasFailed }

    /// Writes again after a failure, if the disk has room now.
    func reopen() throws { try journal.reopen() }

    /// Makes durable how much was acknowledged. A failure shows at the next commit.
    func settle() { try? journal.settle() }

    /// Writes what still counts to a new segment and removes all older ones. A crash in between leaves both, which read
    /// as the same content.
    func compact(_ ratings: LoggedRatings) throws {
        try journal.flush()
        let first = try journal.beginSegment()
        for user in ratings.forgotten.sorted(by: { ($0.high, $0.low) < ($1.high, $1.low) }) {
            try append(user, Self.forgottenType)
        }
        for user in ratings.sortedUsers {
            let name = String(user)
            for part in ratings.ratings(of: user).chunks(ofCount: 1000) {
                try append(part.count) { writer in
                    for (item, rating) in part { Self.write(name, String(item), rating, &writer) }
                }
            }
        }
        try journal.flush()
        try journal.forget(before: first)
        writtenCount = ratings.count + ratings.forgotten.count
    }

    func close() { try? journal.close() }
}
