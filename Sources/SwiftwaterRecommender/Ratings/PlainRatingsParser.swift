import CSwiftwaterKernels
import SwiftwaterCore

/// A parallel parser for ratings files with integer ids and without quotes, which nearly all are.
///
/// The bytes are cut at line ends into pieces of about 16 MB. Each piece numbers its ids in order of occurrence. Merged
/// in the order of the pieces, these give the numbers in the order of the whole file, whatever the number of threads:
///
///     piece 0   ids 7 3 9   rows 0 1 0 2      all ids   7 3 9 4
///     piece 1   ids 3 4     rows 0 1      ->  rows      0 1 0 2 | 1 3
struct PlainRatingsParser {
    let bytes: UnsafeRawBufferPointer
    /// The offset of the first row.
    let start: Int
    /// The line of the first row.
    let firstLine: Int
    let separator: UInt8
    let row: RatingsRowParser
    let threads: Int

    static let pieceBytes = 16 << 20

    /// The rows and errors of one piece.
    private struct Piece: Sendable {
        var range: Range<Int> = 0..<0
        var firstLine = 0
        /// The position of its rows in the output: the number of lines before it.
        var offset = 0
        var lines = 0
        var count = 0
        var userIDs: [Int64] = []
        var itemIDs: [Int64] = []
        var report = RatingsReport()
    }

    /// Parses the file.
    ///
    /// - Returns: nil if the file is not plain.
    func parse(progress: ((Double) -> Void)?) throws -> (ratings: Ratings, report: RatingsReport)? {
        let pool = WorkerPool(threads: threads)
        var pieces = cut()
        try count(&pieces, pool)
        var ratings = Ratings()
        var (userIDs, itemIDs) = (IdentifierTable(), IdentifierTable())
        do {
            let capacity = (pieces.last?.offset ?? 0) + (pieces.last?.lines ?? 0)
            try ratings.withUninitializedColumns(capacity: capacity) { output in
                try parse(&pieces, output, pool, progress)
                return number(&pieces, output, pool, &userIDs, &itemIDs)
            }
        } catch is RatingsRowParser.NotPlain { return nil }
        (ratings.userIDs, ratings.itemIDs) = (userIDs, itemIDs)
        var report = RatingsReport()
        report.isVerbatim = pieces.allSatisfy(\.report.isVerbatim)
        report.hasDecimalPoint = pieces.contains(where: \.report.hasDecimalPoint)
        for piece in pieces {
            report.rows += piece.report.rows
            report.malformedRows += piece.report.malformedRows
            report.rowsWithoutTime += piece.report.rowsWithoutTime
            report.timeSample = report.timeSample ?? piece.report.timeSample
            report.samples.append(contentsOf: piece.report.samples.prefix(5 - report.samples.count))
        }
        return (ratings, report)
    }

    private func cut() -> [Piece] {
        var pieces: [Piece] = []
        var begin = start
        while begin < bytes.count {
            var end = min(bytes.count, begin + Self.pieceBytes)
            while end < bytes.count, bytes[end - 1] != 0x0A { end += 1 }
            var piece = Piece()
            piece.range = begin..<end
            pieces.append(piece)
            begin = end
        }
        return pieces
    }

    private func count(_ pieces: inout [Piece], _ pool: WorkerPool) throws {
        let bytes = UncheckedSendable(bytes)
        try pieces.withUnsafeMutableBufferPointer { pieces in
            let pieces = UncheckedSendable(pieces)
            try pool.run(count: pieces.value.count) { index in
                let range = pieces.value[index].range
                let base = bytes.value.baseAddress!.assumingMemoryBound(to: UInt8.self)
                pieces.value[index].lines = sw_count_byte(base + range.lowerBound, range.count, 0x0A)
            }
        }
        var (line, offset) = (firstLine, 0)
        for index in pieces.indices {
            pieces[index].firstLine = line
            pieces[index].offset = offset
            line += pieces[index].lines
            // The last line may lack a line end.
            if index == pieces.count - 1 { pieces[index].lines += 1 }
            offset += pieces[index].lines
        }
    }

    private func parse(
        _ pieces: inout [Piece], _ output: RatingsOutput, _ pool: WorkerPool, _ progress: ((Double) -> Void)?
    ) throws {
        // Progress is reported between rounds, on this thread.
        let round = progress == nil ? pieces.count : 2 * threads
        let parser = UncheckedSendable(self)
        for first in stride(from: 0, to: pieces.count, by: max(1, round)) {
            let last = min(pieces.count, first + round)
            try pieces.withUnsafeMutableBufferPointer { pieces in
                let pieces = UncheckedSendable(pieces)
                try pool.run(count: last - first) { try parser.value.parse(&pieces.value[first + $0], output) }
            }
            progress?(Double(pieces[last - 1].range.upperBound) / Double(bytes.count))
        }
    }

    // MARK: A piece

    private func parse(_ piece: inout Piece, _ output: RatingsOutput) throws {
        let base = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let (begin, end) = (base + piece.range.lowerBound, base + piece.range.upperBound)
        if sw_count_byte(begin, piece.range.count, 0x22) > 0 { throw RatingsRowParser.NotPlain.quote }
        // Rows so near the end of the file that reading ahead would leave it go to the general parser.
        let safeEnd = min(end, base + bytes.count - 128)
        let isUsualOrder = row.columns.isUsualOrder
        var form = sw_ratings_form()
        var numbering = Numbering(output: output, place: piece.offset)
        var (p, line) = (begin, piece.firstLine)
        piece.report.isVerbatim = true
        try withUnsafeTemporaryAllocation(of: sw_rating.self, capacity: 1024) { rows in
            while p < end {
                if isUsualOrder, p < safeEnd {
                    var next: UnsafePointer<UInt8>? = p
                    let count = sw_read_ratings(
                        &next, safeEnd, separator, row.columns.timestamp == 3, rows.baseAddress!, rows.count, &form)
                    for row in rows[..<count] { numbering.put(row) }
                    (p, line) = (next!, line + count)
                    if count > 0 { continue }
                }
                var lineEnd = p
                while lineEnd < end, lineEnd.pointee != 0x0A { lineEnd += 1 }
                if let parsed = try general(p, lineEnd, line, &piece.report) { numbering.put(parsed) }
                line += 1
                p = lineEnd < end ? lineEnd + 1 : end
            }
        }
        piece.count = numbering.place - piece.offset
        (piece.userIDs, piece.itemIDs) = (numbering.userIDs, numbering.itemIDs)
        piece.report.rows = piece.count + piece.report.malformedRows
        if form.has_point { piece.report.hasDecimalPoint = true }
        if form.is_changed { piece.report.isVerbatim = false }
    }

    /// Writes the rows of a piece, with their ids numbered in order of occurrence.
    private struct Numbering {
        let output: RatingsOutput
        /// The position of the next row in the output.
        var place: Int
        private(set) var userIDs: [Int64] = []
        private(set) var itemIDs: [Int64] = []
        private var (userIndex, itemIndex) = (IntegerIndex(), IntegerIndex())
        private var (lastUser, lastUserNumber) = (Int64.min, UInt32(0))

        init(output: RatingsOutput, place: Int) { (self.output, self.place) = (output, place) }

        @inline(__always)
        mutating func put(_ row: sw_rating) {
            if row.user != lastUser || userIDs.isEmpty {
                lastUserNumber = userIndex.number(of: row.user, next: UInt32(userIDs.count))
                if Int(lastUserNumber) == userIDs.count { userIDs.append(row.user) }
                lastUser = row.user
            }
            let number = itemIndex.number(of: row.item, next: UInt32(itemIDs.count))
            if Int(number) == itemIDs.count { itemIDs.append(row.item) }
            output.users[place] = lastUserNumber
            output.items[place] = number
            output.values[place] = row.value
            output.timestamps[place] = row.time
            place += 1
        }
    }

    /// Parses any other line; nil if it is empty or malformed.
    @inline(never)
    private func general(
        _ begin: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ line: Int, _ report: inout RatingsReport
    ) throws -> sw_rating? {
        do {
            guard
                let parsed = try row.parse(
                    line: UnsafeRawBufferPointer(start: begin, count: end - begin), at: line, &report)
            else { return nil }
            if report.isVerbatim { checkVerbatim(UnsafeBufferPointer(start: begin, count: end - begin), &report) }
            return sw_rating(user: parsed.user, item: parsed.item, time: parsed.time, value: parsed.value)
        } catch let error as SwiftwaterError where error.code == .malformedInput && !row.format.isStrict {
            report.isVerbatim = false
            report.malformedRows += 1
            if report.samples.count < 5 { report.samples.append(error) }
            return nil
        }
    }

    /// Checks whether a line is in the usual form.
    private func checkVerbatim(_ line: UnsafeBufferPointer<UInt8>, _ report: inout RatingsReport) {
        // With room for reading ahead.
        let copy = Array(line.last == 0x0D ? line.dropLast() : line[...]) + [0x0A] + [UInt8](repeating: 0, count: 128)
        copy.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            var (row, form) = (sw_rating(), sw_ratings_form())
            let columns = self.row.columns
            let isUsual =
                columns.isUsualOrder
                && sw_read_ratings(&next, next! + 1, separator, columns.timestamp == 3, &row, 1, &form) == 1
            if form.has_point { report.hasDecimalPoint = true }
            if !isUsual || form.is_changed { report.isVerbatim = false }
        }
    }

    // MARK: Merging

    /// Numbers the ids of all pieces, renumbers every row, and closes the gaps left by lines without a row.
    ///
    /// - Returns: the number of rows.
    private func number(
        _ pieces: inout [Piece], _ output: RatingsOutput, _ pool: WorkerPool, _ userIDs: inout IdentifierTable,
        _ itemIDs: inout IdentifierTable
    ) -> Int {
        let maps = pieces.map { piece in
            (users: piece.userIDs.map { userIDs.insert($0) }, items: piece.itemIDs.map { itemIDs.insert($0) })
        }
        let ranges = pieces.map { $0.offset..<$0.offset + $0.count }
        try? pool.run(count: ranges.count) { index in
            maps[index].users.withUnsafeBufferPointer { users in
                maps[index].items.withUnsafeBufferPointer { items in
                    for place in ranges[index] {
                        output.users[place] = users[Int(output.users[place])]
                        output.items[place] = items[Int(output.items[place])]
                    }
                }
            }
        }
        var count = 0
        for range in ranges {
            if count != range.lowerBound {
                (output.users + count).update(from: output.users + range.lowerBound, count: range.count)
                (output.items + count).update(from: output.items + range.lowerBound, count: range.count)
                (output.values + count).update(from: output.values + range.lowerBound, count: range.count)
                (output.timestamps + count).update(from: output.timestamps + range.lowerBound, count: range.count)
            }
            count += range.count
        }
        return count
    }
}
