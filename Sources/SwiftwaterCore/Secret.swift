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

    /// Whether a text is the secret. Takes the same time wherever they differ.
    package func matches(_ shown: String) -> Bool {
        let (a, b) = (Array(shown.utf8), Array(text.utf8))
        var difference = a.count ^ b.count
        for index in 0..<b.count { difference |= Int(b[index] ^ (index < a.count ? a[index] : 0xFF)) }
        return difference == 0
    }

    /// Not the secret.
    public var description: String { "(secret)" }
    /// Not the secret.
    public var debugDescription: String { "(secret)" }
    /// No children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
