/// A value shared by tasks that use separate parts of it.
package struct UncheckedSendable<Value>: @unchecked Sendable {
    /// The value.
    package let value: Value
    /// Wraps a value.
    package init(_ value: Value) { self.value = value }
}
