import SwiftwaterFormats
import SwiftwaterPosts

extension FuzzChecks {
    /// Reads bytes as a table of posts, in any encoding: the lines do not depend on the pieces in which they come, and
    /// each is JSON with a text.
    public static func tables(_ bytes: [UInt8]) {
        for encoding in TextEncoding.allCases {
            let whole = decoded(bytes, encoding, .max)
            for piece in [1, 3] {
                precondition(decoded(bytes, encoding, piece) == whole, "pieces of \(piece) bytes have another text")
            }
        }
        for table in [bytes, Array("text,user,date\n".utf8) + bytes] {
            let whole = lines(table, .max, rowMaxBytes: table.count + 1)
            for piece in [1, 7] {
                let found = lines(table, piece, rowMaxBytes: table.count + 1)
                precondition(found == whole, "pieces of \(piece) bytes give other rows")
            }
            for line in whole?.lines.split(separator: 0x0A) ?? [] where String(validating: line, as: UTF8.self) != nil {
                let json = try? Array(line).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
                precondition(json?["text"]?.string != nil, "a row became something else")
            }
            // Rows that are too long are left out.
            _ = lines(table, 5, rowMaxBytes: 20)
        }
    }

    private static func decoded(_ bytes: [UInt8], _ encoding: TextEncoding, _ piece: Int) -> [UInt8] {
        var (decoder, text) = (TextDecoder(encoding), [UInt8]())
        var rest = bytes[...]
        repeat {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(part.count)
            part.withUnsafeBytes { decoder.decode($0, isEnd: rest.isEmpty, into: &text) }
        } while !rest.isEmpty
        return text
    }

    private struct Rows: Equatable {
        var lines: [UInt8] = []
        var faults = 0
    }

    /// Returns the lines of a table, and the number of rows that were left out; nil without the columns.
    private static func lines(_ bytes: [UInt8], _ piece: Int, rowMaxBytes: Int) -> Rows? {
        guard let columns = try? PostColumns() else { return nil }
        var table = TableText(columns, name: "fuzz.csv", rowMaxBytes: rowMaxBytes)
        var (rows, rest, pending) = (Rows(), bytes[...], [UInt8]())
        repeat {
            pending.append(contentsOf: rest.prefix(piece))
            rest = rest.dropFirst(piece)
            let isEnd = rest.isEmpty
            guard let used = try? pending.withUnsafeBytes({ try table.take($0, isEnd: isEnd, into: &rows.lines) })
            else { return nil }
            pending.removeFirst(used)
            precondition(!isEnd || pending.isEmpty, "\(pending.count) bytes are left")
        } while !rest.isEmpty
        rows.faults = table.faults.count
        return rows
    }
}
