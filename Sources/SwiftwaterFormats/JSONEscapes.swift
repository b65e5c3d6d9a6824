import SwiftwaterPlatform

/// The escapes of JSON strings.
package enum JSONEscapes {
    /// Returns the text that the inside of a JSON string stands for.
    package static func string(_ raw: UnsafeBufferPointer<UInt8>, _ isEscaped: Bool) -> String {
        guard isEscaped else { return String(decoding: raw, as: UTF8.self) }
        var bytes: [UInt8] = []
        resolve(raw, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends a field as a JSON string, with its quotes.
    package static func append(_ field: CSVReader.Field, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        var isSecond = false
        for byte in field.bytes {
            if field.hasDoubledQuotes, byte == 0x22 {
                isSecond.toggle()
                if !isSecond { continue }
            } else {
                isSecond = false
            }
            switch byte {
            case 0x22, 0x5C: bytes += [0x5C, byte]
            case 0x0A: bytes += [0x5C, 0x6E]
            case 0x0D: bytes += [0x5C, 0x72]
            case 0x09: bytes += [0x5C, 0x74]
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                bytes += [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    /// Appends the text that the inside of a JSON string stands for. A backslash before any other character stands for
    /// that character. An unpaired surrogate becomes U+FFFD.
    package static func resolve(_ raw: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var index = 0
        while index < raw.count {
            let hit = memchr(raw.baseAddress! + index, 0x5C, raw.count - index)
            let escape = hit.map { UnsafeRawPointer($0) - UnsafeRawPointer(raw.baseAddress!) } ?? raw.count
            if escape > index { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: raw[index..<escape])) }
            guard escape + 1 < raw.count else {
                if escape < raw.count { bytes.append(0x5C) }
                return
            }
            index = escape + 2
            switch raw[index - 1] {
            case 0x6E: bytes.append(0x0A)
            case 0x74: bytes.append(0x09)
            case 0x72: bytes.append(0x0D)
            case 0x62: bytes.append(0x08)
            case 0x66: bytes.append(0x0C)
            case 0x75:
                guard let first = hex(raw, index) else { bytes.append(0x75); continue }
                index += 4
                var value = first
                if first & 0xFC00 == 0xD800, index + 6 <= raw.count, raw[index] == 0x5C, raw[index + 1] == 0x75,
                    let second = hex(raw, index + 2), second & 0xFC00 == 0xDC00
                {
                    value = 0x10000 + ((first & 0x3FF) << 10 | second & 0x3FF)
                    index += 6
                }
                append(value & 0xFFFF_F800 == 0xD800 ? 0xFFFD : value, to: &bytes)
            case let other: bytes.append(other)
            }
        }
    }

    private static func hex(_ raw: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= raw.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            let byte = raw[index]
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | (UInt32(byte | 0x20) - 0x57)
            default: return nil
            }
        }
        return value
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        switch value {
        case ..<0x80: bytes.append(UInt8(value))
        case ..<0x800:
            bytes.append(UInt8(0xC0 | value >> 6))
            bytes.append(UInt8(0x80 | value & 0x3F))
        case ..<0x10000:
            bytes.append(UInt8(0xE0 | value >> 12))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | value >> 18))
            bytes.append(UInt8(0x80 | value >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        }
    }
}
