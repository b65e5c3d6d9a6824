#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats

    extension String {
        static var identifierRule: String { "1 to 200 UTF-8 characters, except . and .." }

        /// Whether this can name a user, an item or a tag. `.` and `..` cannot be names in a path. U+FFFD stands for
        /// bytes that were not text, which are not the same each time.
        var isIdentifier: Bool {
            (1...200).contains(unicodeScalars.count) && self != "." && self != ".."
                && !unicodeScalars.contains("\u{FFFD}")
        }
    }
#endif
