#if Services
    import LiveTestSupport
    import Testing

    extension KillTests {
        /// A live service sends again what it sent since the cursor: nothing is lost, and nothing is counted twice.
        @Test func liveEventsAreCountedExactlyOnce() throws {
            let count = 6000
            // 1,000 events a second: 5 s of the service's time, which come again, take a quarter of a second.
            let server = try LiveServer { request in
                let cursor = request.parameter("cursor").flatMap { Int($0) } ?? 0
                let first = (0..<count).first { JetstreamEvents.time($0) >= cursor } ?? count
                return .webSocket(
                    (first..<count).flatMap { number -> [LiveServer.Act] in
                        let event = LiveServer.Act.text(JetstreamEvents.post(number))
                        return number % 10 == 9 ? [event, .pause(.milliseconds(10))] : [event]
                    })
            }
            defer { server.stop() }
            let source = "jetstream:ws://127.0.0.1:\(server.port)"
            let (trace, _) = try run(source, seed: 5) { $0.posts.count >= count }
            #expect(trace.posts.count == count)
            #expect(Set(trace.posts).count == count)
            let requests = server.requests
            #expect(requests.filter { $0.parameter("cursor") != nil }.count >= requests.count / 2)
        }
    }
#endif
