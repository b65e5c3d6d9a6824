#if SparkConnect
    import GRPCCore
    import SwiftwaterCore

    extension RPCError {
        /// The error class that Spark names in brackets, such as `TABLE_OR_VIEW_NOT_FOUND`.
        var sparkClass: String? {
            let text = message.drop { $0.isWhitespace }
            guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return nil }
            return String(text[text.index(after: text.startIndex)..<end])
        }

        /// The error as users see it, without the plan that Spark adds to many messages.
        package func described(_ address: SparkAddress) -> SwiftwaterError {
            let place = "the Spark cluster at \(address.host):\(address.port)"
            switch code {
            case .unavailable:
                return SwiftwaterError(
                    .network, "\(place) cannot be reached: \(reason)",
                    remedy: unavailableRemedy(address), isRetryable: true)
            case .deadlineExceeded:
                return SwiftwaterError(
                    .network, "\(place) does not answer",
                    remedy: "check the name of the host, and that no firewall is between", isRetryable: true)
            case .unauthenticated, .permissionDenied:
                return SwiftwaterError(
                    .network, "\(place) refuses the token or the user: \(SwiftwaterError.short(message))",
                    remedy: "give the token in sc://host:port/;token=...")
            case .unimplemented:
                return SwiftwaterError(
                    .unsupported,
                    "\(place) does not know a call that Swiftwater needs: \(SwiftwaterError.short(message))",
                    remedy: "use Spark 4.0 or later; 4.3 is tested")
            case .resourceExhausted: return tooLarge(place)
            // What the server sends is refused here.
            case _ where message.contains("maximum payload size"): return tooLarge(place)
            case _ where isOfLostSession: return .restarted(address)
            default:
                return SwiftwaterError(
                    sparkCode, "Spark refused: \(SwiftwaterError.short(message))", remedy: sparkRemedy)
            }
        }

        private func tooLarge(_ place: String) -> SwiftwaterError {
            SwiftwaterError(
                .limitExceeded, "a message of \(place) is too large: \(SwiftwaterError.short(message))",
                remedy: "select fewer or smaller columns: one row and its batch have to fit into 128 MiB", cause: self)
        }

        /// Whether the server does not know the session any longer, as after a restart.
        private var isOfLostSession: Bool {
            ["INVALID_HANDLE.SESSION_NOT_FOUND", "INVALID_HANDLE.SESSION_CLOSED", "INVALID_HANDLE.SESSION_CHANGED"]
                .contains(sparkClass)
        }

        /// Why the server is unavailable, without gRPC's words about its channel.
        private var reason: String { SwiftwaterError.short(cause.map { "\($0)" } ?? message) }

        private func unavailableRemedy(_ address: SparkAddress) -> String {
            let all = message + reason
            if all.contains("CERTIFICATE_VERIFY_FAILED") || all.lowercased().contains("certificate") {
                return "the server's certificate is not trusted: name the authority's file in SSL_CERT_FILE"
            }
            if all.contains("WRONG_VERSION_NUMBER") {
                return "the server does not encrypt: leave out use_ssl and the token"
            }
            return "check host, port and use_ssl, and that Spark Connect runs there (sbin/start-connect-server.sh)"
        }

        private var sparkCode: SwiftwaterError.Code {
            switch sparkClass.map({ $0.split(separator: ".").first.map(String.init) ?? $0 }) {
            case "PARSE_SYNTAX_ERROR", "UNRESOLVED_COLUMN", "DATATYPE_MISMATCH": .invalidArgument
            case "TABLE_OR_VIEW_NOT_FOUND", "PATH_NOT_FOUND": .notFound
            case "CONNECT_ML": .limitExceeded
            default: .taskFailed
            }
        }

        private var sparkRemedy: String? {
            let text = message
            if text.contains("KAFKA") || text.contains("kafka") {
                return "start Spark with the package org.apache.spark:spark-sql-kafka-0-10_2.13 of its version"
            }
            if text.contains("MODEL_SIZE_OVERFLOW") {
                return "set spark.connect.session.connectML.mlCache.memoryControl.maxModelSize to a larger size, "
                    + "or use a lower rank"
            }
            if text.contains("StackOverflowError") {
                return "set spark.checkpoint.dir on the server, which ends the long history of many iterations, "
                    + "or use fewer"
            }
            return nil
        }
    }

    extension SwiftwaterError {
        /// The error of a session that its server has lost.
        static func restarted(_ address: SparkAddress) -> SwiftwaterError {
            SwiftwaterError(
                .invalidState, "the Spark cluster at \(address.host):\(address.port) was restarted",
                remedy: "models, uploaded data and views of the session are lost: run the command again")
        }

        /// The first lines of a server's message, which may hold the whole plan.
        static func short(_ message: String) -> String {
            let line = message.split(separator: "\n").prefix(3).joined(separator: " ")
            return line.count > 500 ? line.prefix(499) + "…" : line
        }
    }
#endif
