import SwiftwaterCore

/// An element of an answer in XML: its name, its text, and the elements in it. Attributes, comments and instructions
/// are left out, and so is whatever a document type declares. (Foundation's parser would make libxml2 and ICU
/// libraries that the program needs.)
package struct XMLTree: Sendable, Equatable {
    /// The name, without a prefix.
    package var name: String
    /// The text between the elements.
    package var text = ""
    /// The elements.
    package var children: [XMLTree] = []

    /// The first element of a name.
    package subscript(name: String) -> XMLTree? { children.first { $0.name == name } }

    /// The elements of a name.
    package func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    private init(_ name: String) { self.name = name }

    /// Reads a document.
    ///
    /// - Throws: `malformedInput` with the offset of the byte.
    package init(parsing bytes: [UInt8]) throws {
        var reader = XMLReader(bytes: bytes)
        var open = [XMLTree("")]
        while let token = try reader.next() {
            switch token {
            case .begin(let name, let isEmpty):
                guard open.count < 64 else { throw reader.problem("elements are nested too deeply") }
                let element = XMLTree(name)
                if isEmpty { open[open.count - 1].children.append(element) } else { open.append(element) }
            case .text(let text): open[open.count - 1].text += text
            case .end(let name):
                guard open.count > 1, let element = open.popLast(), element.name == name else {
                    throw reader.problem("</\(name)> ends no element")
                }
                open[open.count - 1].children.append(element)
            }
        }
        guard open.count == 1, open[0].children.count == 1 else { throw reader.problem("the document is not whole") }
        self = open[0].children[0]
    }
}

private struct XMLReader {
    enum Token {
        case begin(String, isEmpty: Bool)
        case text(String)
        case end(String)
    }

    /// What no name has.
    private static let marks = Set("<>&'\"=/".utf8)

    let bytes: [UInt8]
    var offset = 0

    func problem(_ what: String) -> SwiftwaterError {
        SwiftwaterError(
            .malformedInput, "the service's answer is not XML: \(what)", at: .init(byteOffset: offset),
            remedy: "check the address of the service")
    }

    mutating func next() throws -> Token? {
        while offset < bytes.count {
            guard bytes[offset] == UInt8(ascii: "<") else { return .text(try text()) }
            if skip("<?") {
                try skip(past: "?>")
            } else if skip("<!--") {
                try skip(past: "-->")
            } else if skip("<![CDATA[") {
                return .text(String(decoding: try skip(past: "]]>"), as: UTF8.self))
            } else if skip("<!") {
                try skip(past: ">")
            } else if skip("</") {
                return .end(try name(String(decoding: try skip(past: ">"), as: UTF8.self)))
            } else {
                offset += 1
                return try beginning()
            }
        }
        return nil
    }

    /// Reads what is between `<` and `>`; a `>` may be part of an attribute's value.
    private mutating func beginning() throws -> Token {
        let start = offset
        var quote: UInt8?
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                var inside = bytes[start..<offset - 1]
                let isEmpty = inside.last == UInt8(ascii: "/")
                if isEmpty { inside.removeLast() }
                return .begin(try name(String(decoding: inside, as: UTF8.self)), isEmpty: isEmpty)
            }
        }
        throw problem("a tag has no end")
    }

    private func name(_ tag: String) throws -> String {
        let whole = tag.prefix { !$0.isWhitespace }
        let name = whole.split(separator: ":").last ?? ""
        guard let first = name.utf8.first, XMLReader.canBegin(first),
            !name.utf8.contains(where: { XMLReader.marks.contains($0) })
        else {
            throw problem("'\(name.prefix(20))' is not a name of a tag")
        }
        return String(name)
    }

    /// Whether a name can begin with a byte: with a letter or `_`, or beyond ASCII.
    private static func canBegin(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte >= 0x80
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset + length <= bytes.count else { return false }
        for index in 0..<length where bytes[offset + index] != text.utf8Start[index] { return false }
        offset += length
        return true
    }

    /// Returns the bytes before a text, and goes on after it.
    @discardableResult
    private mutating func skip(past text: StaticString) throws -> ArraySlice<UInt8> {
        let start = offset
        while offset < bytes.count {
            let end = offset
            if skip(text) { return bytes[start..<end] }
            offset += 1
        }
        throw problem("a tag has no end")
    }

    private mutating func text() throws -> String {
        var result: [UInt8] = []
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "<") {
            if bytes[offset] == UInt8(ascii: "&") {
                offset += 1
                let name = String(decoding: try skip(past: ";"), as: UTF8.self)
                guard let scalar = XMLReader.scalar(name) else { throw problem("'&\(name.prefix(20));' is not known") }
                result += Array(String(scalar).utf8)
            } else {
                result.append(bytes[offset])
                offset += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func scalar(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "lt": "<"
        case "gt": ">"
        case "amp": "&"
        case "quot": "\""
        case "apos": "'"
        default:
            if name.hasPrefix("#x") {
                UInt32(name.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
            } else if name.hasPrefix("#") {
                UInt32(name.dropFirst()).flatMap { Unicode.Scalar($0) }
            } else {
                nil
            }
        }
    }
}
