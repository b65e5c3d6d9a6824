import SwiftwaterFormats

extension FuzzChecks {
    /// Reads bytes as a service's answer in XML: they are read, or rejected with an error. A document that is read is the
    /// same after it was written and read again.
    public static func xml(_ bytes: [UInt8]) {
        guard let tree = try? XMLTree(parsing: bytes) else { return }
        let written = text(tree)
        guard let again = try? XMLTree(parsing: Array(written.utf8)) else {
            preconditionFailure("a document cannot be read again: \(written)")
        }
        precondition(tree == again, "a document is another after it was read again: \(written)")
    }

    private static func text(_ tree: XMLTree) -> String {
        let own = tree.text.unicodeScalars.map { scalar in
            switch scalar {
            case "<": "&lt;"
            case "&": "&amp;"
            default: "&#\(scalar.value);"
            }
        }.joined()
        return "<\(tree.name)>\(own)\(tree.children.map(text).joined())</\(tree.name)>"
    }
}
