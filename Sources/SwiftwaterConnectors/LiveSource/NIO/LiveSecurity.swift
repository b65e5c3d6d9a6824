#if Services
    import NIOCore
    import NIOSSL
    import SwiftwaterCore

    /// What a connection trusts, and what to say when it does not.
    struct LiveSecurity: Sendable {
        /// A file of the certificates to trust, in PEM; nil for the system's.
        let certificates: String?

        /// - Throws: `notFound` or `malformedInput` if the file cannot be read.
        func configuration() throws -> TLSConfiguration {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let certificates {
                do {
                    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificates))
                } catch {
                    throw SwiftwaterError(
                        .malformedInput, "\(certificates) has no certificates in PEM that can be read",
                        remedy: "name a file of certificates in SSL_CERT_FILE, or unset it", cause: error)
                }
            }
            return configuration
        }

        /// Returns what is wrong with a certificate, if that is why a connection failed.
        ///
        /// - Parameters:
        ///   - certificate: the one that the service showed, if it is known.
        ///   - now: the time, in seconds since 1970.
        static func problem(
            _ error: any Error, host: String, certificate: NIOSSLCertificate?, now: Int64
        ) -> SwiftwaterError? {
            let text = "\(error)"
            if let extra = error as? NIOSSLExtraError, extra == .failedToValidateHostname {
                return SwiftwaterError(
                    .denied, "the certificate of \(host) is for another host",
                    remedy: "use the name that the certificate is for; what answers may not be the service")
            }
            guard text.contains("CERTIFICATE_VERIFY_FAILED") else { return nil }
            if let certificate {
                let date = { (time: Int) in CivilDate(secondsSince1970: Int64(time)).date }
                if now > Int64(certificate.notValidAfter) {
                    return SwiftwaterError(
                        .denied, "the certificate of \(host) has expired, on \(date(certificate.notValidAfter))",
                        remedy: "ask those who run it to renew it, and check the clock of this machine")
                }
                if now < Int64(certificate.notValidBefore) {
                    return SwiftwaterError(
                        .denied, "the certificate of \(host) is not valid before \(date(certificate.notValidBefore))",
                        remedy: "check the clock of this machine")
                }
            }
            return SwiftwaterError(
                .denied, "the certificate of \(host) is not from an authority that this machine trusts",
                remedy: "name a file with the authority's certificate in SSL_CERT_FILE, if you trust it")
        }
    }
#endif
