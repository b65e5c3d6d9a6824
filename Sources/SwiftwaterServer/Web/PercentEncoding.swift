#if Server
    /// Percent decoding, byte for byte: a library that strips a byte-order mark would change whom an id names.
    enum PercentEncoding {
        /// Returns the decoded text, or nil if a `%` lacks its two hexadecimal digits or the bytes are not UTF-8.
        static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(text.utf8.count)
            var rest = text.utf8[...]
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
                case UInt8(ascii: "%"):
                    guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                        return nil
                    }
                    bytes.append(high << 4 | low)
                default: bytes.append(byte)
                }
            }
            return String(validating: bytes, as: UTF8.self)
        }

        private static func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x37
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
    }
#endif
