import SwiftwaterCore

/// Turns the bytes of a text file into UTF-8, in pieces of any size. A byte order mark of UTF-16 decides before the
/// encoding that was declared.
///
/// What UTF-16 cannot have, such as half a pair, becomes a byte that UTF-8 cannot have, so that the line is counted as
/// repaired like any other.
package struct TextDecoder {
    private enum Kind { case utf8, latin1, utf16(isBigEndian: Bool) }

    private static let invalid: UInt8 = 0xFF
    private let declared: TextEncoding
    private var kind: Kind?
    /// The first bytes, or those of an incomplete unit.
    private var rest: [UInt8] = []
    /// The first half of a pair.
    private var high: UInt32?

    /// Creates a decoder for a file whose encoding, without a mark, is `declared`.
    ///
    /// - Parameter isStart: whether the first bytes are those of the file, which may be a mark.
    package init(_ declared: TextEncoding, isStart: Bool = true) {
        self.declared = declared
        if !isStart { kind = TextDecoder.kind(of: declared) }
    }

    /// Whether the bytes are UTF-8, as they are; nil while that is not known.
    package var isUTF8: Bool? {
        switch kind {
        case nil: nil
        case .utf8: true
        default: false
        }
    }

    /// Appends the text of the next bytes. `isEnd` says that no more follow.
    package mutating func decode(_ bytes: UnsafeRawBufferPointer, isEnd: Bool, into output: inout [UInt8]) {
        guard kind == nil || !rest.isEmpty else { return decode(bytes, isEnd, &output) }
        rest.append(contentsOf: bytes)
        guard kind != nil || rest.count >= 3 || isEnd else { return }
        let all = rest
        rest = []
        all.withUnsafeBytes { all in
            let skipped = kind == nil ? begin(all) : 0
            decode(UnsafeRawBufferPointer(rebasing: all[skipped...]), isEnd, &output)
        }
    }

    /// Decides what the bytes are; returns how many a mark of UTF-16 takes.
    private mutating func begin(_ bytes: UnsafeRawBufferPointer) -> Int {
        for (mark, isBigEndian) in [([0xFF, 0xFE] as [UInt8], false), ([0xFE, 0xFF], true)]
        where bytes.starts(with: mark) {
            kind = .utf16(isBigEndian: isBigEndian)
            return 2
        }
        // A directory of latin-1 may have files of UTF-8 that say so.
        kind = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? .utf8 : TextDecoder.kind(of: declared)
        return 0
    }

    private static func kind(of encoding: TextEncoding) -> Kind {
        switch encoding {
        case .utf8: .utf8
        case .latin1: .latin1
        case .utf16: .utf16(isBigEndian: false)
        }
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer, _ isEnd: Bool, _ output: inout [UInt8]) {
        switch kind! {
        case .utf8: output.append(contentsOf: bytes)
        case .latin1:
            for byte in bytes {
                if byte < 0x80 {
                    output.append(byte)
                } else {
                    TextDecoder.append(TextEncoding.windows1252(byte), &output)
                }
            }
        case .utf16(let isBigEndian): utf16(bytes, isBigEndian, isEnd, &output)
        }
    }

    private mutating func utf16(
        _ bytes: UnsafeRawBufferPointer, _ isBigEndian: Bool, _ isEnd: Bool, _ output: inout [UInt8]
    ) {
        for start in stride(from: 0, to: bytes.count - 1, by: 2) {
            let (first, second) = (UInt32(bytes[start]), UInt32(bytes[start + 1]))
            let unit = isBigEndian ? first << 8 | second : second << 8 | first
            switch unit {
            case 0xD800..<0xDC00:
                if high != nil { output.append(TextDecoder.invalid) }
                high = unit
                continue
            case 0xDC00..<0xE000:
                if let high {
                    TextDecoder.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), &output)
                } else {
                    output.append(TextDecoder.invalid)
                }
            default:
                if high != nil { output.append(TextDecoder.invalid) }
                TextDecoder.append(unit, &output)
            }
            high = nil
        }
        if bytes.count % 2 == 1 { rest = [bytes[bytes.count - 1]] }
        if isEnd, high != nil || !rest.isEmpty {
            output.append(TextDecoder.invalid)
            (high, rest) = (nil, [])
        }
    }

    /// Appends a code point that is not half a pair.
    private static func append(_ value: UInt32, _ output: inout [UInt8]) {
        output.append(contentsOf: UTF8.encode(Unicode.Scalar(value)!)!)
    }
}
