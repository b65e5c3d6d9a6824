#if Services
    import Crypto
    import SwiftwaterCore

    /// Signs requests: Signature Version 4, as in "Authenticating Requests (AWS Signature Version 4)" of the reference
    /// of Amazon S3's API.
    package struct AWSSignature: Sendable {
        /// A request, as far as the signature covers it.
        package struct Request: Sendable {
            /// The method, such as `GET`.
            package var method: String
            /// The path, already encoded, beginning with `/`.
            package var path: String
            /// The parameters, not encoded. A parameter without a value has an empty one.
            package var query: [(name: String, value: String)]
            /// The headers that are signed; `host` has to be among them.
            package var headers: [(name: String, value: String)]

            /// Creates a request.
            package init(
                _ method: String, _ path: String, query: [(name: String, value: String)] = [],
                headers: [(name: String, value: String)]
            ) {
                (self.method, self.path, self.query, self.headers) = (method, path, query, headers)
            }
        }

        /// The hash that stands for a body that is not signed, as over HTTPS.
        package static let unsignedPayload = "UNSIGNED-PAYLOAD"

        private let credentials: AWSCredentials
        private let region: String
        private let service: String

        /// Creates a signer for a region, such as `eu-central-1`.
        package init(_ credentials: AWSCredentials, region: String, service: String = "s3") {
            (self.credentials, self.region, self.service) = (credentials, region, service)
        }

        /// Returns the headers that are added to a request.
        ///
        /// - Parameters:
        ///   - payloadHash: the SHA-256 of the body in hexadecimal digits, or `unsignedPayload`.
        ///   - time: the time of the request, which services accept for about 15 minutes.
        package func headers(
            for request: Request, payloadHash: String, at time: BatchTime
        ) -> [(name: String, value: String)] {
            let civil = time.civil
            let day = "\(civil.year)\(CivilDate.two(civil.month))\(CivilDate.two(civil.day))"
            let moment =
                "\(day)T\(CivilDate.two(civil.hour))\(CivilDate.two(civil.minute))\(CivilDate.two(civil.second))Z"
            var added = [("x-amz-content-sha256", payloadHash), ("x-amz-date", moment)]
            if let token = credentials.sessionToken { added.append(("x-amz-security-token", token.text)) }
            let signed = (request.headers + added).map { (name: $0.0.lowercased(), value: Self.folded($0.1)) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            let names = signed.map(\.name).joined(separator: ";")
            let canonical = [
                request.method, request.path, PercentEncoding.query(request.query),
                signed.map { "\($0.name):\($0.value)\n" }.joined(), names, payloadHash,
            ].joined(separator: "\n")
            let scope = "\(day)/\(region)/\(service)/aws4_request"
            let text = ["AWS4-HMAC-SHA256", moment, scope, Self.hash(Array(canonical.utf8))].joined(separator: "\n")
            let signature = Self.hexadecimal(Self.code(text, key: key(day)))
            added.append(
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
                        + "Signature=\(signature)"
                ))
            return added.map { (name: $0.0, value: $0.1) }
        }

        /// Returns the SHA-256 of bytes in hexadecimal digits.
        package static func hash(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

        /// Returns a header's value without spaces at its ends, and with one space for several.
        private static func folded(_ value: String) -> String {
            value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
        }

        private func key(_ day: String) -> [UInt8] {
            let first = Self.code(day, key: Array("AWS4\(credentials.secretAccessKey.text)".utf8))
            return [region, service, "aws4_request"].reduce(first) { Self.code($1, key: $0) }
        }

        private static func code(_ text: String, key: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
        }

        private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
            let digits = Array("0123456789abcdef".unicodeScalars)
            var result = ""
            for byte in bytes {
                result.unicodeScalars.append(digits[Int(byte >> 4)])
                result.unicodeScalars.append(digits[Int(byte & 15)])
            }
            return result
        }
    }
#endif
