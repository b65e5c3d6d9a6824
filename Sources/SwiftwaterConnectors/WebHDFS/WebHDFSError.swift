#if Services
    import SwiftwaterCore
    import SwiftwaterFormats

    /// What a name node or a data node says when it refuses a request.
    struct WebHDFSError: Sendable {
        /// The status of the answer.
        let status: Int
        /// The name of the exception, such as `FileNotFoundException`; empty if the answer has none.
        let exception: String
        /// Its message.
        let message: String

        /// Reads an answer.
        init(_ answer: HTTPAnswer) {
            let found = (try? JSONValue(parsing: answer.text))?["RemoteException"]
            status = answer.status
            exception = found?["exception"]?.string ?? ""
            // Some have a stack trace below.
            message = String((found?["message"]?.string ?? "").prefix { !$0.isNewline })
        }

        /// Whether the same request may succeed.
        var isRetryable: Bool {
            switch exception {
            case "StandbyException", "RetriableException", "SafeModeException", "ServerTooBusyException",
                "RecoveryInProgressException", "AlreadyBeingCreatedException", "NoDatanodesException":
                true
            // What a data node heard of the name node, and a data node that is gone, are named in words only.
            case "IOException", "RemoteException":
                status >= 500
                    || ["could only be replicated", "Name node is in safe mode", "Failed to find datanode"].contains {
                        message.contains($0)
                    }
            default: status >= 500 || status == 429
            }
        }

        /// The error in words.
        ///
        /// - Parameter name: the file's address.
        func error(_ name: String) -> SwiftwaterError {
            let said = exception.isEmpty ? "status \(status)" : "\(exception): \(message)"
            func make(_ code: SwiftwaterError.Code, _ what: String, _ remedy: String) -> SwiftwaterError {
                SwiftwaterError(
                    code, "\(what) (\(said))", at: .init(file: name), remedy: remedy, isRetryable: isRetryable)
            }
            switch exception {
            case "FileNotFoundException": return make(.notFound, "there is no such file", "check the path")
            case "AccessControlException":
                return make(
                    .denied, "the user may not do this", "set HADOOP_USER_NAME, or change the file's permissions")
            case "SecurityException", "InvalidToken", "AuthenticationException":
                return make(
                    .denied, "the cluster does not know who asks", "set SWIFTWATER_HDFS_TOKEN to a delegation token")
            case "StandbyException":
                return make(.network, "this name node is on standby", "name the active one")
            case "SafeModeException":
                return make(.network, "the name node is in safe mode", "wait until it has found the data nodes")
            case "DSQuotaExceededException", "NSQuotaExceededException":
                return make(.limitExceeded, "the directory's quota is full", "free some space, or raise the quota")
            default:
                if status == 401 {
                    return make(
                        .denied, "the cluster asks for Kerberos, which this program does not speak",
                        "set SWIFTWATER_HDFS_TOKEN to a delegation token (hdfs fetchdt)")
                }
                if status == 404, exception.isEmpty {
                    return make(.unsupported, "there is no WebHDFS at this address", "check the host and the HTTP port")
                }
                return make(isRetryable ? .network : .io, "the cluster refused the request", "see what it says")
            }
        }
    }
#endif
