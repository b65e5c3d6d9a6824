#if Server
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// Runs tests that send requests and wait on separate threads, since other tests block the shared ones.
    final class OwnThreads: TaskExecutor {
        static let shared = OwnThreads()
        private let queue = DispatchQueue(label: "own threads", attributes: .concurrent)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    /// An HTTP client for tests.
    enum Web {
        struct Answer: Sendable {
            let status: Int
            let bytes: [UInt8]
            var json: JSONValue { get throws { try bytes.withUnsafeBufferPointer { try JSONValue(parsing: $0) } } }
        }

        static func send(
            _ method: String, _ address: String, _ body: String? = nil, type: String = "application/json"
        ) async throws -> Answer {
            var request = URLRequest(url: URL(string: address)!)
            request.httpMethod = method
            request.timeoutInterval = 30
            if let body {
                request.httpBody = Data(body.utf8)
                request.setValue(type, forHTTPHeaderField: "content-type")
            }
            let (data, response) = try await URLSession.shared.data(for: request)
            return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, bytes: Array(data))
        }

        /// Sends a request without Foundation's client, which does not accept every server's headers.
        static func sendPlainly(_ method: String, port: Int, _ path: String, _ body: String = "") async throws -> Answer
        {
            let connection = try RawConnection(port: port)
            await connection.say(
                "\(method) \(path) HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\nconnection: close\r\ncontent-type: application/json\r\n"
                    + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
            let text = await connection.hear(until: Web.isWhole)
            guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.split(separator: " ")[1]) else {
                throw SwiftwaterError(.network, "no answer at port \(port)")
            }
            return Answer(status: status, bytes: Array(text[end.upperBound...].utf8))
        }

        private static func isWhole(_ text: String) -> Bool {
            guard let end = text.range(of: "\r\n\r\n") else { return false }
            let line = text[..<end.lowerBound].split(separator: "\r\n").first {
                $0.lowercased().hasPrefix("content-length:")
            }
            guard let length = line.flatMap({ Int($0.dropFirst(15).filter { $0 != " " }) }) else { return false }
            return text[end.upperBound...].utf8.count >= length
        }

        /// Sends a request until the answer satisfies `isGood`, for at most a minute.
        @discardableResult
        static func wait(_ address: String, until isGood: (Answer) throws -> Bool = { $0.status == 200 }) async throws
            -> Answer
        {
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                let problem: any Error
                do {
                    let answer = try await send("GET", address)
                    if try isGood(answer) { return answer }
                    problem = SwiftwaterError(.network, "the answer was \(answer.status)")
                } catch { problem = error }
                try #require(ContinuousClock.now < deadline, "\(address) does not answer: \(problem)")
                try await Task.sleep(for: .milliseconds(30))
            }
        }
    }

    /// A headless Chromium, driven through chromedriver by the WebDriver protocol (W3C).
    final class Browser: @unchecked Sendable {
        private let driver = Process()
        private let port: Int
        private var session = ""
        private let profile: TemporaryDirectory

        static var isInstalled: Bool {
            (try? Program.shell("command -v chromedriver && command -v chromium").status) == 0
        }

        init(port: Int) async throws {
            profile = try TemporaryDirectory()
            self.port = port
            driver.executableURL = URL(filePath: "/usr/bin/env")
            driver.arguments = ["chromedriver", "--port=\(port)", "--silent"]
            driver.standardOutput = FileHandle.nullDevice
            driver.standardError = FileHandle.nullDevice
            driver.standardInput = FileHandle.nullDevice
            try driver.run()
            let deadline = ContinuousClock.now + .seconds(60)
            while (try? await Web.sendPlainly("GET", port: port, "/status").status) != 200 {
                guard ContinuousClock.now < deadline else {
                    end()
                    throw SwiftwaterError(.network, "chromedriver does not answer")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            let options =
                "[\"--headless=new\",\"--no-sandbox\",\"--disable-gpu\",\"--disable-dev-shm-usage\",\"--hide-scrollbars\","
                + "\"--user-data-dir=\(profile.path)\"]"
            let answer = try await Web.sendPlainly(
                "POST", port: port, "/session",
                "{\"capabilities\":{\"alwaysMatch\":{\"browserName\":\"chrome\",\"goog:chromeOptions\":{\"args\":\(options)}}}}"
            )
            session = try #require(try answer.json["value"]?["sessionId"]?.string, "no session: \(answer)")
        }

        func close() async throws { _ = try await Web.sendPlainly("DELETE", port: port, "/session/\(session)") }

        /// Kills the driver. SIGTERM would not do: tests of this process ignore it, and programs inherit that by
        /// default.
        func end() { kill(driver.processIdentifier, SIGKILL) }

        @discardableResult
        private func call(_ path: String, _ body: String) async throws -> JSONValue {
            let answer = try await Web.sendPlainly("POST", port: port, "/session/\(session)\(path)", body).json
            if let error = answer["value"]?["error"]?.string {
                throw SwiftwaterError(.taskFailed, "\(error): \(answer["value"]?["message"]?.string ?? "")")
            }
            return answer["value"] ?? .null
        }

        func open(_ url: String) async throws { try await call("/url", "{\"url\":\(JSONValue.quoted(url))}") }

        /// Returns the value of an expression in the page.
        func value(_ expression: String) async throws -> JSONValue {
            try await call("/execute/sync", "{\"script\":\(JSONValue.quoted("return " + expression)),\"args\":[]}")
        }

        /// Waits until an expression is true, for at most a minute.
        func wait(_ expression: String, location: SourceLocation = #_sourceLocation) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while try await value("Boolean(\(expression))") != .bool(true) {
                try #require(ContinuousClock.now < deadline, "never true: \(expression)", sourceLocation: location)
                try await Task.sleep(for: .milliseconds(50))
            }
        }

        func look(width: Int, height: Int, isDark: Bool) async throws {
            try await call(
                "/goog/cdp/execute",
                "{\"cmd\":\"Emulation.setDeviceMetricsOverride\",\"params\":{\"width\":\(width),\"height\":\(height),"
                    + "\"deviceScaleFactor\":1,\"mobile\":false}}")
            try await call(
                "/goog/cdp/execute",
                "{\"cmd\":\"Emulation.setEmulatedMedia\",\"params\":{\"features\":[{\"name\":\"prefers-color-scheme\","
                    + "\"value\":\"\(isDark ? "dark" : "light")\"}]}}")
        }

        /// Saves a screenshot of the whole page in the folder `SWIFTWATER_SCREENSHOTS`, if that is set.
        func picture(_ name: String) async throws {
            guard let folder = ProcessInfo.processInfo.environment["SWIFTWATER_SCREENSHOTS"] else { return }
            let answer = try await call(
                "/goog/cdp/execute", #"{"cmd":"Page.captureScreenshot","params":{"captureBeyondViewport":true}}"#)
            let data = try #require(Data(base64Encoded: answer["data"]?.string ?? ""))
            try data.write(to: URL(filePath: folder + "/" + name + ".png"))
        }
    }
#endif
