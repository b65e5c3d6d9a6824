#if Services
    /// An answer.
    package struct HTTPAnswer: Sendable {
        /// The status, such as 200.
        package var status: Int
        /// The headers.
        package var headers: [(name: String, value: String)]
        /// The body, unless it went elsewhere.
        package var body: [UInt8]

        /// Returns the first header of a name.
        package subscript(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }
#endif
