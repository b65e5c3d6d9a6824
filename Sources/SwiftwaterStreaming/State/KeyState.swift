import SwiftwaterCore

/// The state of one key, as the function of `mapWithState` sees it.
public struct KeyState<State: Sendable>: Sendable {
    @usableFromInline var stored: State?
    @usableFromInline var isUpdated = false
    @usableFromInline var isRemoved = false
    /// Whether the function is called because the key was idle for longer than the timeout. Its state is removed
    /// afterwards, and setting it has no effect.
    public let isTimingOut: Bool

    @inlinable
    init(_ stored: State?, isTimingOut: Bool) {
        self.stored = stored
        self.isTimingOut = isTimingOut
    }

    /// The key's state, or nil if it has none. Setting nil removes it.
    @inlinable public var value: State? {
        get { stored }
        set {
            stored = newValue
            (isUpdated, isRemoved) = (newValue != nil, newValue == nil)
        }
    }

    /// Whether the key has a state.
    @inlinable public var exists: Bool { stored != nil }
    /// Sets the state of the key.
    @inlinable public mutating func update(_ state: State) { value = state }
    /// Removes the state of the key.
    @inlinable public mutating func remove() { value = nil }
}
