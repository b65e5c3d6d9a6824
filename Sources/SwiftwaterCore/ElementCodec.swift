@_spi(Reflection) import Swift

/// Encodes and decodes elements of a type known only at run time: any `StreamCodable` type, and tuples, arrays and
/// optionals of such types.
///
/// Tuples cannot conform to a protocol, but by-key operators store pairs. The type is inspected once, when the codec is
/// created. A tuple is stored as its parts in order.
@usableFromInline package struct ElementCodec<Element>: @unchecked Sendable {
    private let parts: [CodecPart]

    /// Creates a codec, or returns nil if some part of the type cannot be stored.
    @usableFromInline package init?() {
        var parts: [CodecPart] = []
        guard CodecFinder.walk(Element.self, at: 0, into: &parts) else { return nil }
        self.parts = parts
    }

    /// Writes an element.
    @usableFromInline package func encode(_ element: Element, into writer: inout ByteWriter) {
        withUnsafePointer(to: element) { pointer in
            let raw = UnsafeRawPointer(pointer)
            for part in parts { part.encode(raw + part.offset, &writer) }
        }
    }

    /// Reads an element.
    ///
    /// - Throws: `corrupted` if the bytes do not hold such an element.
    @usableFromInline package func decode(from reader: inout ByteReader) throws -> Element {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: 1)
        defer { pointer.deallocate() }
        let raw = UnsafeMutableRawPointer(pointer)
        for (number, part) in parts.enumerated() {
            do { try part.decode(&reader, raw + part.offset) } catch {
                for made in parts[..<number] { made.destroy(raw + made.offset) }
                throw error
            }
        }
        return pointer.move()
    }

    /// The type's name in stored descriptions and in messages.
    @usableFromInline package static var typeName: String { String(reflecting: Element.self) }
}

/// One stored part of an element, at its place in memory.
private struct CodecPart {
    let offset: Int
    let encode: (UnsafeRawPointer, inout ByteWriter) -> Void
    let decode: (inout ByteReader, UnsafeMutableRawPointer) throws -> Void
    let destroy: (UnsafeMutableRawPointer) -> Void
}

/// A standard container whose elements may be tuples.
private protocol CodecContainer {
    static func part(at offset: Int) -> CodecPart?
}

extension Array: CodecContainer {
    fileprivate static func part(at offset: Int) -> CodecPart? {
        guard let codec = ElementCodec<Element>() else { return nil }
        return CodecPart(
            offset: offset,
            encode: { raw, writer in
                let array = raw.assumingMemoryBound(to: [Element].self).pointee
                writer.write(count: array.count)
                for element in array { codec.encode(element, into: &writer) }
            },
            decode: { reader, raw in
                let count = try reader.readCount()
                var array: [Element] = []
                for _ in 0..<count { array.append(try codec.decode(from: &reader)) }
                raw.bindMemory(to: [Element].self, capacity: 1).initialize(to: array)
            },
            destroy: { $0.assumingMemoryBound(to: [Element].self).deinitialize(count: 1) })
    }
}

extension Optional: CodecContainer {
    fileprivate static func part(at offset: Int) -> CodecPart? {
        guard let codec = ElementCodec<Wrapped>() else { return nil }
        return CodecPart(
            offset: offset,
            encode: { raw, writer in
                let value = raw.assumingMemoryBound(to: Wrapped?.self).pointee
                writer.write(byte: value == nil ? 0 : 1)
                if let value { codec.encode(value, into: &writer) }
            },
            decode: { reader, raw in
                let value = try reader.readByte() == 0 ? nil : try codec.decode(from: &reader)
                raw.bindMemory(to: Wrapped?.self, capacity: 1).initialize(to: value)
            },
            destroy: { $0.assumingMemoryBound(to: Wrapped?.self).deinitialize(count: 1) })
    }
}

private enum CodecFinder {
    /// Appends the parts of a type to `parts`; returns false if one cannot be stored.
    static func walk(_ type: Any.Type, at offset: Int, into parts: inout [CodecPart]) -> Bool {
        if let codable = type as? any StreamCodable.Type {
            parts.append(part(codable, at: offset))
            return true
        }
        if let container = type as? any CodecContainer.Type {
            guard let part = container.part(at: offset) else { return false }
            parts.append(part)
            return true
        }
        guard unsafeBitCast(type, to: UnsafePointer<Int>.self).pointee == 0x301 else { return false }
        var isComplete = true
        _ = _forEachField(of: type, options: []) { _, fieldOffset, fieldType, _ in
            isComplete = walk(fieldType, at: offset + fieldOffset, into: &parts)
            return isComplete
        }
        return isComplete
    }

    private static func part<Part: StreamCodable>(_ type: Part.Type, at offset: Int) -> CodecPart {
        CodecPart(
            offset: offset,
            encode: { raw, writer in raw.assumingMemoryBound(to: Part.self).pointee.encode(to: &writer) },
            decode: { reader, raw in
                raw.bindMemory(to: Part.self, capacity: 1).initialize(to: try Part.decode(from: &reader))
            },
            destroy: { $0.assumingMemoryBound(to: Part.self).deinitialize(count: 1) })
    }
}
