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
}
