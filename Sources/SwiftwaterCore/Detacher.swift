@_spi(Reflection) import Swift

/// Copies what elements hold of a batch's blocks, so that the elements can outlive the batch.
///
/// The way into a type is found once, when the detacher is made: every `Text` in nested tuples and structs by its offset,
/// and every `StreamCodable` part (arrays, optionals, types of the user's) through its own `detached()`. A `Text` behind a
/// class, a closure, an existential or a dictionary is not found: detach it in the code that puts it there.
@frozen
public struct Detacher<Element> {
    @usableFromInline internal let steps: [@Sendable (UnsafeMutableRawPointer) -> Void]

    public init() {
        var steps: [@Sendable (UnsafeMutableRawPointer) -> Void] = []
        Detacher.walk(Element.self, at: 0, into: &steps)
        self.steps = steps
    }

    /// Whether elements hold nothing that a block owns, so that `detach` does nothing.
    @inlinable public var isTrivial: Bool { steps.isEmpty }

    @inlinable public func detach(_ element: inout Element) {
        guard !steps.isEmpty else { return }
        withUnsafeMutablePointer(to: &element) { pointer in
            for step in steps { step(UnsafeMutableRawPointer(pointer)) }
        }
    }

    @inlinable public func detached(_ element: Element) -> Element {
        var element = element
        detach(&element)
        return element
    }

    private static func walk(
        _ type: Any.Type, at offset: Int, into steps: inout [@Sendable (UnsafeMutableRawPointer) -> Void]
    ) {
        if let codable = type as? any StreamCodable.Type {
            func add<Part: StreamCodable>(_ part: Part.Type) {
                if holdsNoText(part) { return }
                steps.append { raw in
                    let pointer = (raw + offset).assumingMemoryBound(to: Part.self)
                    pointer.pointee = pointer.pointee.detached()
                }
            }
            add(codable)
            return
        }
        _ = _forEachField(of: type, options: []) { _, fieldOffset, fieldType, _ in
            walk(fieldType, at: offset + fieldOffset, into: &steps)
            return true
        }
    }

    private static func holdsNoText(_ type: Any.Type) -> Bool {
        type is any FixedWidthInteger.Type || type is any BinaryFloatingPoint.Type || type == String.self
            || type == Bool.self
    }
}
