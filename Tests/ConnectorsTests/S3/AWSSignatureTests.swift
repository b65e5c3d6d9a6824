#if Services
    import SwiftwaterConnectors
    import SwiftwaterCore
    import Testing

    /// The four examples of "Signature Calculations for the Authorization Header" in the reference of Amazon S3's API.
    @Suite struct AWSSignatureTests {
        private static let credentials = AWSCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        private static let host = (name: "Host", value: "examplebucket.s3.amazonaws.com")
        /// 2013-05-24, midnight.
        private static let time = BatchTime(milliseconds: 1_369_353_600_000)

        private func signature(
            _ request: AWSSignature.Request, _ hash: String = emptyHash, token: Secret? = nil
        ) throws -> (signature: String, names: String) {
            var credentials = Self.credentials
            credentials.sessionToken = token
            let headers = AWSSignature(credentials, region: "us-east-1").headers(
                for: request, payloadHash: hash, at: Self.time)
            #expect(headers.first { $0.name == "x-amz-date" }?.value == "20130524T000000Z")
            let value = try #require(headers.first { $0.name == "authorization" }?.value)
            let scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            #expect(value.hasPrefix(scope + "SignedHeaders="))
            let parts = value.dropFirst(scope.count + "SignedHeaders=".count).split(separator: ", ")
            return (String(parts[1].dropFirst("Signature=".count)), String(parts[0]))
        }

        @Test func theExamplesOfTheReference() throws {
            let get = try signature(.init("GET", "/test.txt", headers: [Self.host, ("Range", "bytes=0-9")]))
            #expect(get.signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
            #expect(get.names == "host;range;x-amz-content-sha256;x-amz-date")
            let hash = AWSSignature.hash(Array("Welcome to Amazon S3.".utf8))
            #expect(hash == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
            let put = try signature(
                .init(
                    "PUT", "/" + PercentEncoding.encoded("test$file.text"),
                    headers: [
                        ("Date", "Fri, 24 May 2013 00:00:00 GMT"), Self.host,
                        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                    ]), hash)
            #expect(put.signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
            let lifecycle = try signature(.init("GET", "/", query: [("lifecycle", "")], headers: [Self.host]))
            #expect(lifecycle.signature == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
            let list = try signature(
                .init("GET", "/", query: [("prefix", "J"), ("max-keys", "2")], headers: [Self.host]))
            #expect(list.signature == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
        }

        /// The token of temporary credentials is signed and sent.
        @Test func tokensAreSigned() throws {
            let signed = try signature(.init("GET", "/", headers: [Self.host]), token: "a token")
            #expect(signed.names == "host;x-amz-content-sha256;x-amz-date;x-amz-security-token")
        }

        @Test func namesAreEncodedAsTheReferenceSays() {
            #expect(PercentEncoding.encoded("a/b c+d/é%.txt", keepsSlash: true) == "a/b%20c%2Bd/%C3%A9%25.txt")
            #expect(PercentEncoding.encoded("a/b~c_d-e.f*") == "a%2Fb~c_d-e.f%2A")
            #expect(PercentEncoding.query([("prefix", "é"), ("a", "2"), ("a", "1")]) == "a=1&a=2&prefix=%C3%A9")
        }
    }
#endif
