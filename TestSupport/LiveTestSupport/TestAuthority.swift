import Foundation
import TestSupport

/// A certificate authority for one test, made by `openssl`.
public struct TestAuthority {
    /// A certificate and its key, as files in PEM.
    public struct Certificate: Sendable {
        /// The path of the certificate.
        public let path: String
        /// The path of its key.
        public let key: String
    }

    /// Whether `openssl` is there.
    public static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
    /// Why tests that need one are skipped.
    public static let missing = "there is no openssl, which makes certificates for the test"

    private let folder: TemporaryDirectory
    /// The path of the authority's own certificate.
    public let path: String

    /// Creates an authority.
    public init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("authority.pem")
        try run(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(folder.file("authority.key")) "
                + "-out \(path) -subj /CN=Tests -days 2")
    }

    /// Makes a certificate.
    ///
    /// - Parameter days: how long it is valid; less than zero for one that has expired.
    public func certificate(for names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2) throws -> Certificate {
        let name = "leaf-\(UInt32.random(in: 0 ... .max))"
        let (key, request, file) = (
            folder.file(name + ".key"), folder.file(name + ".csr"), folder.file(name + ".pem")
        )
        let extensions = try folder.write(name + ".ext", "subjectAltName=\(names)\n")
        try run(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(key) -out \(request) -subj /CN=test")
        try run(
            "x509 -req -in \(request) -CA \(path) -CAkey \(folder.file("authority.key")) -CAcreateserial "
                + "-days \(days) -extfile \(extensions) -out \(file)")
        return Certificate(path: file, key: key)
    }

    private func run(_ arguments: String) throws {
        let result = try Program(
            executable: URL(filePath: "/usr/bin/openssl"), arguments.split(separator: " ").map(String.init)
        ).wait()
        guard result.status == 0 else { throw TestFailure("openssl \(arguments): \(result.error)") }
    }
}

/// A test cannot go on.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
