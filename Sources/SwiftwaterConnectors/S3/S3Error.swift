#if Services
    import SwiftwaterCore
    import SwiftwaterFormats

    /// What an S3 service says when it refuses a request.
    struct S3Error: Sendable {
        /// The status of the answer.
        let status: Int
        /// The service's name for the error, such as `NoSuchKey`; empty without a body.
        let code: String
        /// The service's words.
        let message: String
        /// The region that the service says the bucket is in.
        let region: String?
        /// The endpoint that the service says the bucket is at.
        let endpoint: String?

        /// Reads an answer. One to `HEAD` has no body: then only the status and headers tell.
        init(_ answer: HTTPAnswer) {
            let parsed = answer.body.isEmpty ? nil : try? XMLTree(parsing: answer.body)
            let document = parsed?.name == "Error" ? parsed : nil
            status = answer.status
            code = document?["Code"]?.text ?? S3Error.code(answer.status)
            message = document?["Message"]?.text ?? ""
            region = answer["x-amz-bucket-region"] ?? document?["Region"]?.text
            endpoint = document?["Endpoint"]?.text
        }

        private static func code(_ status: Int) -> String {
            switch status {
            case 404: "NotFound"
            case 403: "Forbidden"
            case 412: "PreconditionFailed"
            case 416: "InvalidRange"
            default: ""
            }
        }

        /// Whether the same request may succeed.
        var isRetryable: Bool {
            switch code {
            case "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "OperationAborted",
                "ConditionalRequestConflict", "Busy", "Throttling", "ThrottlingException", "RequestLimitExceeded",
                "BadDigest", "XAmzContentChecksumMismatch":
                true
            default: status == 429 || status == 408 || status >= 500 && status != 501
            }
        }

        /// Whether other credentials may be accepted: these have ended, or were revoked.
        var isStale: Bool {
            ["ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"].contains(code)
        }

        /// The error in words.
        ///
        /// - Parameters:
        ///   - name: the object's address.
        ///   - isSigned: whether the request was signed.
        ///   - isTemporary: whether with credentials that end.
        func error(_ name: String, bucket: String, isSigned: Bool, isTemporary: Bool = false) -> SwiftwaterError {
            let said = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
            func make(_ code: SwiftwaterError.Code, _ what: String, _ remedy: String) -> SwiftwaterError {
                SwiftwaterError(
                    code, what + (said.isEmpty ? " (status \(status))" : " (\(status) \(said))"), at: .init(file: name),
                    remedy: remedy, isRetryable: isRetryable)
            }
            switch code {
            case "NoSuchBucket":
                return make(
                    .notFound, "there is no bucket '\(bucket)'",
                    "check its name, AWS_ENDPOINT_URL and AWS_REGION, or create it")
            case "NoSuchKey", "NotFound", "NoSuchUpload":
                return make(.notFound, "there is no such object", "check the key")
            case "SignatureDoesNotMatch":
                return make(
                    .denied, "the secret key does not match the access key",
                    "check AWS_SECRET_ACCESS_KEY or the profile")
            case "InvalidAccessKeyId":
                return make(
                    .denied, "the service does not know the access key", "check AWS_ACCESS_KEY_ID or the profile")
            case "ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired":
                return make(.denied, "the temporary credentials have ended", "get new ones")
            case "RequestTimeTooSkewed":
                return make(.denied, "this machine's clock is wrong", "set the clock")
            case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect":
                return make(
                    .invalidArgument, "the bucket is in another region\(region.map { ", \($0)" } ?? "")",
                    "set AWS_REGION or AWS_ENDPOINT_URL")
            case "AccessDenied", "Forbidden", "AllAccessDisabled":
                guard isSigned else {
                    return make(
                        .denied, "access without credentials is denied",
                        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
                }
                // Not every service says that a session is over.
                return make(
                    .denied, "access is denied",
                    isTemporary
                        ? "check the key's permissions, and whether the temporary credentials have ended"
                        : "check the key's permissions")
            case "InvalidBucketName":
                return make(.invalidArgument, "'\(bucket)' is not the name of a bucket", "check the URL")
            default:
                return make(
                    status >= 500 || status == 429 ? .network : .io, "the service refused the request",
                    "see what it says")
            }
        }
    }
#endif
