/// A token or a password. No description, dump or log shows it, and it cannot be encoded.
public struct Secret: Sendable, Equatable, ExpressibleByStringLiteral, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The secret itself.
    package let text: String

    /// Creates a secret.
    public init(_ text: String) { self.text = text }

    /// Creates a secret of a literal, as tests do.
    public init(stringLiteral text: String) { self.text = text }

    /// Not the secret.
    public var description: String { "(secret)" }
    /// Not the secret.
    public var debugDescription: String { "(secret)" }
    /// No children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
