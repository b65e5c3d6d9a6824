/// A word of a command for a shell.
enum ShellWord {
    /// Returns a word, in quotes if a shell would read it otherwise.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x3A, 0x40...0x5A, 0x61...0x7A, 0x2B...0x2F, 0x3D, 0x5F, 0x80...: true
                default: false
                }
            }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// Returns a command in one line.
    static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// Returns a command in lines of at most a number of columns, if its words allow it, that a shell reads as one. An
    /// option stays beside its value.
    static func lines(_ words: [String], _ width: Int) -> [String] {
        var lines: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            var part = quoted(word)
            if word.hasPrefix("--"), !word.contains("="), let value = rest.first, !value.hasPrefix("--") {
                part += " " + quoted(rest.removeFirst())
            }
            if let last = lines.last, Format.columns(last) + 1 + Format.columns(part) <= width - 2 {
                lines[lines.count - 1] += " " + part
            } else {
                lines.append((lines.isEmpty ? "" : "  ") + part)
            }
        }
        return lines.enumerated().map { $0.offset < lines.count - 1 ? $0.element + " \\" : $0.element }
    }
}
