#if Services
    /// A request.
    package struct HTTPRequest: Sendable {
        /// The method, such as `GET`.
        package var method: String
        /// The address, encoded.
        package var url: String
        /// The headers.
        package var headers: [(name: String, value: String)]
        /// The body.
        package var body: [UInt8]?

        /// Creates a request.
        package init(
            _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
        ) {
            (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
        }
    }
#endif
