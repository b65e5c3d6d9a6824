#if Services
    import Dispatch
    import HTTPTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import Testing

    @Suite struct HTTPServiceTests {
        /// A service may answer as soon as it has the body, and close the connection without a word. At worst a request
        /// that was sent on that connection fails; the process goes on.
        @Test func aConnectionClosedAtTheAnswerIsHarmless() throws {
            let server = try ScriptedHTTPServer { _, _ in .init(isLast: true) }
            defer { server.stop() }
            let service = HTTPService.shared(environment: [:])
            let body = [UInt8](repeating: 7, count: 1000)
            let statuses = Monitor<[Int: Int]>([:])
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<500 {
                    let status = (try? service.send(HTTPRequest("PUT", server.url, body: body)))?.status ?? 0
                    statuses.update { $0[status, default: 0] += 1 }
                }
            }
            let (answered, failed) = statuses.read { ($0[200] ?? 0, $0[0] ?? 0) }
            #expect(answered + failed == 4000 && answered > 2000, "\(answered) answers, \(failed) failures")
        }
    }
#endif
