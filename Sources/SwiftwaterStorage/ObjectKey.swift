import SwiftwaterCore

/// The rule for keys of an `ObjectStore`.
public enum ObjectKey {
    /// Checks a key.
    ///
    /// - Throws: `invalidArgument` if the key is absolute, empty, or has an empty, `.` or `..` part.
    public static func check(_ key: String) throws {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw SwiftwaterError(
                .invalidArgument, "'\(key)' is not a key", remedy: "use parts separated by single slashes")
        }
    }
}
