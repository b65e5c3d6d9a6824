@_spi(Reflection) import Swift

/// A type whose texts own their bytes, so that its values can outlive the batch as they are.
package protocol SelfContained {}

/// Copies the parts of elements that point into a batch's blocks, so that the elements can outlive the batch.
///
/// The type is inspected once, when the detacher is created, for every `Text` in nested tuples, structs, optionals,
/// arrays, sets and dictionaries. Types that cannot be inspected (an enum with a payload, a class, a closure, an
/// existential) are copied with `StreamCodable.detached()` if they conform. A `Text` hidden in anything else must be
/// detached by the code that puts it there.
@frozen
@usableFromInline package struct Detacher<Element> {
    @usableFromInline internal let steps: [(UnsafeMutableRawPointer) -> Void]

    /// Inspects the element type.
    @usableFromInline package init() {
        var steps: [(UnsafeMutableRawPointer) -> Void] = []
        TextFinder.walk(Element.self, at: 0, into: &steps)
        self.steps = steps
    }

    /// Whether elements hold nothing owned by a block, so that `detach` does nothing.
    @inlinable package var isTrivial: Bool { steps.isEmpty }

    /// Detaches an element in place.
    @inlinable package func detach(_ element: inout Element) {
        guard !steps.isEmpty else { return }
        withUnsafeMutablePointer(to: &element) { pointer in
            for step in steps { step(UnsafeMutableRawPointer(pointer)) }
        }
    }

    /// Returns a copy of an element that can outlive the batch.
    @inlinable package func detached(_ element: Element) -> Element {
        var element = element
        detach(&element)
        return element
    }
}

/// A standard collection that detaches its elements.
private protocol TextContainer {
    /// Returns the step that detaches a container at `offset`, or nil if its elements hold no text.
    static func detaching(at offset: Int) -> ((UnsafeMutableRawPointer) -> Void)?
}

private struct Step<Element>: @unchecked Sendable {
    let detacher = Detacher<Element>()
}

extension Array: TextContainer {
    static func detaching(at offset: Int) -> ((UnsafeMutableRawPointer) -> Void)? {
        let step = Step<Element>()
        if step.detacher.isTrivial { return nil }
        return { raw in
            let pointer = (raw + offset).assumingMemoryBound(to: [Element].self)
            for index in pointer.pointee.indices { step.detacher.detach(&pointer.pointee[index]) }
        }
    }
}

extension Optional: TextContainer {
    static func detaching(at offset: Int) -> ((UnsafeMutableRawPointer) -> Void)? {
        let step = Step<Wrapped>()
        if step.detacher.isTrivial { return nil }
        return { raw in
            let pointer = (raw + offset).assumingMemoryBound(to: Wrapped?.self)
            if let value = pointer.pointee { pointer.pointee = step.detacher.detached(value) }
        }
    }
}

extension Set: TextContainer {
    static func detaching(at offset: Int) -> ((UnsafeMutableRawPointer) -> Void)? {
        let step = Step<Element>()
        if step.detacher.isTrivial { return nil }
        return { raw in
            let pointer = (raw + offset).assumingMemoryBound(to: Set<Element>.self)
            pointer.pointee = Set(pointer.pointee.map { step.detacher.detached($0) })
        }
    }
}

extension Dictionary: TextContainer {
    static func detaching(at offset: Int) -> ((UnsafeMutableRawPointer) -> Void)? {
        let (keys, values) = (Step<Key>(), Step<Value>())
        if keys.detacher.isTrivial && values.detacher.isTrivial { return nil }
        return { raw in
            let pointer = (raw + offset).assumingMemoryBound(to: [Key: Value].self)
            pointer.pointee = Dictionary(
                uniqueKeysWithValues: pointer.pointee.map { (keys.detacher.detached($0), values.detacher.detached($1)) }
            )
        }
    }
}

private enum TextFinder {
    static func walk(
        _ type: Any.Type, at offset: Int, into steps: inout [(UnsafeMutableRawPointer) -> Void]
    ) {
        if holdsNoText(type) || type is any SelfContained.Type { return }
        if type == Text.self {
            steps.append { raw in
                let pointer = (raw + offset).assumingMemoryBound(to: Text.self)
                pointer.pointee = pointer.pointee.detached()
            }
            return
        }
        if let container = type as? any TextContainer.Type {
            if let step = container.detaching(at: offset) { steps.append(step) }
            return
        }
        if let codable = type as? any StreamCodable.Type { askItself(codable, at: offset, into: &steps) }
        guard hasFields(type) else { return }
        _ = _forEachField(of: type, options: []) { _, fieldOffset, fieldType, _ in
            walk(fieldType, at: offset + fieldOffset, into: &steps)
            return true
        }
    }

    private static func askItself<Part: StreamCodable>(
        _ part: Part.Type, at offset: Int, into steps: inout [(UnsafeMutableRawPointer) -> Void]
    ) {
        steps.append { raw in
            let pointer = (raw + offset).assumingMemoryBound(to: Part.self)
            pointer.pointee = pointer.pointee.detached()
        }
    }

    /// Returns whether the type is a struct or tuple, by the kind in its metadata (Swift ABI, `MetadataKind.def`).
    /// Reflection finds nothing in other kinds and, for existentials, ends the process.
    private static func hasFields(_ type: Any.Type) -> Bool {
        let kind = unsafeBitCast(type, to: UnsafePointer<Int>.self).pointee
        return kind == 0x200 || kind == 0x301
    }

    private static func holdsNoText(_ type: Any.Type) -> Bool {
        type is any FixedWidthInteger.Type || type is any BinaryFloatingPoint.Type || type == String.self
            || type == Bool.self
    }
}
