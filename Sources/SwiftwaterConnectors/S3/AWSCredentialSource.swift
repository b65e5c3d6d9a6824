#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// Finds credentials where every tool of AWS looks for them, and keeps them until shortly before they end:
    ///
    /// 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`
    /// 2. a web identity: `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`
    /// 3. the profile: keys, a role with a source profile, or a role with a web identity
    /// 4. the container's: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `..._FULL_URI`
    /// 5. the instance's metadata, version 2
    package final class AWSCredentialSource: Sendable {
        /// The time before the end of credentials at which new ones are asked for, but not before half of their time
        /// is over.
        static let margin: Duration = .seconds(300)

        private struct State {
            var found: AWSCredentials?
            var isKnown = false
            /// When new ones are asked for.
            var renewal: BatchTime?
        }

        private let environment: [String: String]
        private let profile: AWSProfile
        private let files: any FileSystem
        private let clock: any StreamClock
        private let state = Monitor(State())
        /// The credentials of the instance are asked for where there is one; elsewhere nothing answers there.
        private let metadata = HTTPService.shared(
            .init(connect: .seconds(1), silence: .seconds(2)), environment: [:])
        private let services: HTTPService

        /// Creates a source that reads nothing yet.
        package init(
            environment: [String: String], profile: AWSProfile, files: any FileSystem = LocalFileSystem(),
            clock: any StreamClock = SystemClock(), certificates: String? = nil
        ) {
            (self.environment, self.profile, self.files, self.clock) = (environment, profile, files, clock)
            services = HTTPService.shared(certificates: certificates)
        }

        /// Returns credentials that last for a while; nil if there are none.
        ///
        /// - Parameter refused: credentials that the service refused. If they are the known ones, new ones are asked
        ///   for.
        /// - Throws: `network` if a service that gives credentials cannot be asked, and the errors of the files.
        package func current(refused: AWSCredentials? = nil) throws -> AWSCredentials? {
            // One thread asks; the others wait for it.
            try state.update { state in
                let isUsable = state.isKnown && (refused == nil || state.found != refused)
                if isUsable, state.renewal.map({ clock.now() < $0 }) ?? true { return state.found }
                do {
                    state.found = try find()
                    let now = clock.now()
                    state.renewal = state.found?.expiration.map { $0 - min(Self.margin, ($0 - now) / 2) }
                } catch {
                    // Those that still hold for some minutes will do.
                    guard isUsable, let end = state.found?.expiration, clock.now() < end else { throw error }
                }
                state.isKnown = true
                return state.found
            }
        }

        private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

        private func find() throws -> AWSCredentials? {
            if let found = AWSCredentials(environment: environment) { return found }
            if let token = value("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = value("AWS_ROLE_ARN") {
                return try assume(role, tokenFile: token, session: value("AWS_ROLE_SESSION_NAME"))
            }
            if let found = try profiled(profile, depth: 0) { return found }
            if let found = try container() { return found }
            return value("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" ? nil : try instance()
        }

        private func profiled(_ profile: AWSProfile, depth: Int) throws -> AWSCredentials? {
            let settings = profile.settings
            if let role = settings["role_arn"] {
                let session = settings["role_session_name"]
                if let token = settings["web_identity_token_file"] {
                    return try assume(role, tokenFile: token, session: session)
                }
                guard let name = settings["source_profile"], depth < 5 else {
                    throw SwiftwaterError(
                        .unsupported, "the profile of AWS has role_arn without source_profile",
                        remedy: "name a profile that has keys, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
                }
                var named = environment
                named["AWS_PROFILE"] = name
                let source = try AWSProfile(environment: named, files: files)
                // A profile may be its own source: then its keys count.
                guard let keys = try source.credentials ?? profiled(source, depth: depth + 1) else { return nil }
                return try assume(role, keys, settings)
            }
            if let keys = profile.credentials { return keys }
            for name in ["credential_process", "sso_session", "sso_start_url", "login_session"]
            where settings[name] != nil {
                throw SwiftwaterError(
                    .unsupported, "the profile of AWS gets its keys by \(name), which this program does not do",
                    remedy: "run `aws configure export-credentials`, and set the variables that it prints")
            }
            return nil
        }

        // MARK: Roles

        private var tokenService: String {
            let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? profile.settings["region"]
            return value("AWS_ENDPOINT_URL_STS") ?? value("AWS_ENDPOINT_URL")
                ?? region.map { "https://sts.\($0).amazonaws.com" } ?? "https://sts.amazonaws.com"
        }

        private func assume(_ role: String, tokenFile: String, session: String?) throws -> AWSCredentials {
            let token = String(decoding: try files.read(tokenFile), as: UTF8.self)
            return try assume([
                ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
                ("RoleSessionName", session ?? "swiftwater"),
                ("WebIdentityToken", String(token.filter { !$0.isWhitespace })),
            ])
        }

        private func assume(
            _ role: String, _ keys: AWSCredentials, _ settings: [String: String]
        ) throws -> AWSCredentials {
            var parameters = [
                (name: "Action", value: "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role),
                ("RoleSessionName", settings["role_session_name"] ?? "swiftwater"),
            ]
            for (setting, name) in [("external_id", "ExternalId"), ("duration_seconds", "DurationSeconds")] {
                if let value = settings[setting] { parameters.append((name, value)) }
            }
            return try assume(parameters, keys)
        }

        private func assume(
            _ parameters: [(name: String, value: String)], _ keys: AWSCredentials? = nil
        ) throws -> AWSCredentials {
            let body = Array(PercentEncoding.query(parameters).utf8)
            var headers = [(name: "content-type", value: "application/x-www-form-urlencoded")]
            if let keys {
                let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? profile.settings["region"]
                let host = String(tokenService.split(separator: "/").last ?? "")
                headers.append(("host", host))
                headers += AWSSignature(keys, region: region ?? "us-east-1", service: "sts").headers(
                    for: .init("POST", "/", headers: headers), payloadHash: AWSSignature.hash(body), at: clock.now())
            }
            let answer = try services.send(HTTPRequest("POST", tokenService + "/", headers: headers, body: body))
            guard answer.status == 200 else {
                let error = (try? XMLTree(parsing: answer.body))?["Error"]
                throw SwiftwaterError(
                    .denied,
                    "the role was refused (\(answer.status) \(error?["Code"]?.text ?? "")): "
                        + (error?["Message"]?.text ?? ""),
                    remedy: "check the role and who may take it", isRetryable: answer.status >= 500)
            }
            let document = try XMLTree(parsing: answer.body)
            guard let found = document.children.lazy.compactMap({ $0["Credentials"] }).first,
                let id = found["AccessKeyId"]?.text, let secret = found["SecretAccessKey"]?.text
            else { throw Self.malformed("the token service") }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: found["SessionToken"].map { Secret($0.text) },
                expiration: found["Expiration"].flatMap { Self.time($0.text) })
        }

        // MARK: Containers and instances

        private func container() throws -> AWSCredentials? {
            let relative = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map { "http://169.254.170.2" + $0 }
            guard let url = relative ?? value("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
            var headers: [(name: String, value: String)] = []
            if let file = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
                let token = String(decoding: try files.read(file), as: UTF8.self)
                headers.append(("authorization", String(token.filter { !$0.isNewline })))
            } else if let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
                headers.append(("authorization", token))
            }
            let answer = try metadata.send(HTTPRequest("GET", url, headers: headers))
            guard answer.status == 200 else {
                throw SwiftwaterError(
                    .denied, "the container's credentials were refused with status \(answer.status)",
                    remedy: "check the task's role", isRetryable: answer.status >= 500)
            }
            return try Self.credentials(answer, "the container's service of credentials")
        }

        private func instance() throws -> AWSCredentials? {
            let base = value("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
            let root = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/latest"
            let ticket: HTTPAnswer
            do {
                ticket = try metadata.send(
                    HTTPRequest(
                        "PUT", root + "/api/token", headers: [("x-aws-ec2-metadata-token-ttl-seconds", "21600")]))
            } catch let error as SwiftwaterError where error.code == .network {
                return nil  // Not an instance.
            }
            guard ticket.status == 200 else { return nil }
            let headers = [(name: "x-aws-ec2-metadata-token", value: ticket.text)]
            let folder = root + "/meta-data/iam/security-credentials/"
            let roles = try metadata.send(HTTPRequest("GET", folder, headers: headers))
            guard roles.status == 200, let role = roles.text.split(separator: "\n").first else { return nil }
            let answer = try metadata.send(
                HTTPRequest("GET", folder + PercentEncoding.encoded(String(role)), headers: headers))
            guard answer.status == 200 else { return nil }
            return try Self.credentials(answer, "the instance's metadata")
        }

        private static func credentials(_ answer: HTTPAnswer, _ place: String) throws -> AWSCredentials {
            guard let value = try? JSONValue(parsing: answer.text), let id = value["AccessKeyId"]?.string,
                let secret = value["SecretAccessKey"]?.string
            else { throw malformed(place) }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: (value["Token"] ?? value["SessionToken"])?.string.map { Secret($0) },
                expiration: value["Expiration"]?.string.flatMap { time($0) })
        }

        private static func time(_ text: String) -> BatchTime? {
            Timestamp.milliseconds(text).map { BatchTime(milliseconds: $0) }
        }

        private static func malformed(_ place: String) -> SwiftwaterError {
            SwiftwaterError(
                .malformedInput, "\(place) answered without credentials", remedy: "check what answers there")
        }
    }
#endif
