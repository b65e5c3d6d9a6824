import SwiftwaterCore

/// The text of an element.
enum RowText {
    /// Returns an element as a line of a text file, as Spark's `saveAsTextFile` writes it.
    static func line(_ element: Any) -> String {
        func plain(_ element: Any) -> String {
            let mirror = Mirror(reflecting: element)
            if mirror.displayStyle == .tuple {
                return "(" + mirror.children.map { plain($0.value) }.joined(separator: ",") + ")"
            }
            return "\(element)"
        }
        return plain(element) + "\n"
    }

    static func describe(_ element: Any) -> String {
        let mirror = Mirror(reflecting: element)
        if mirror.displayStyle == .tuple {
            return "(" + mirror.children.map { describe($0.value) }.joined(separator: ",") + ")"
        }
        return TerminalText.safe("\(element)")
    }
}
