import SwiftwaterCore

/// The separator of a file's fields, of one or more ASCII characters.
package struct FieldSeparator {
    private let bytes: [UInt8]

    /// Creates a separator.
    ///
    /// - Throws: `invalidArgument` if the text is not ASCII, or has a quote or a line end.
    package init(_ text: String) throws {
        bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 < 0x80 && $0 != 0x0A && $0 != 0x0D && $0 != 0x22 }) else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(text)' is empty, is not ASCII, or has a quote or a line end",
                remedy: "use a character such as , ; | or a tab, or several such as ::")
        }
    }

    /// Calls `body` with the text and the byte that separates its fields. A separator of several characters is replaced
    /// in a copy by a byte that no text has.
    package func with<Result>(
        _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, UInt8) throws -> Result
    ) rethrows -> Result {
        guard bytes.count > 1 else { return try body(text, bytes[0]) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == bytes[0], text[index...].starts(with: bytes) {
                result.append(FieldSeparator.replacement)
                index += bytes.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return try result.withUnsafeBytes { try body($0, FieldSeparator.replacement) }
    }

    /// The ASCII control character "unit separator".
    private static let replacement: UInt8 = 0x1F
}
