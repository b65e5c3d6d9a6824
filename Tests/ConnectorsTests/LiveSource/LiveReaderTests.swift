#if Services
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import Testing

    /// Streams that are damaged at random: what they are does not depend on the pieces in which they come, and nothing
    /// of them ends the program.
    @Suite struct LiveReaderTests {
        private static let xStream =
            #"{"data":{"id":"1600000000000000001","text":"a \u00e4 #b","created_at":"2026-11-23T12:00:11.000Z"},"#
            + #""matching_rules":[{"id":"1"}]}"# + "\r\n\r\n" + #"{"data":{"id":"12","text":""}}"# + "\r\n"
            + #"{"errors":[{"title":"operational-disconnect","disconnect_type":"x"}]}"# + "\r\n"
        private static let mastodonStream =
            ":thump\n\nevent: update\ndata: {\"id\":\"1\",\"uri\":\"https://a/1\",\"content\":\"<p>x</p>\",\"account\":{}}\n\n"
            + "event: delete\r\ndata: 12\r\n\r\nevent: status.update\ndata: {\"id\":\ndata: \"2\",\"uri\":\"u\"}\n\n"

        private func services() throws -> [(any LiveService, String)] {
            [
                (try XService("x:", environment: ["X_BEARER_TOKEN": "t"]), Self.xStream),
                (MastodonService(host: "localhost", port: 1, target: "/"), Self.mastodonStream),
            ]
        }

        private func damaged(_ stream: String, _ random: inout SeededRandom) -> [UInt8] {
            var bytes = Array((stream + stream).utf8)
            for _ in 0..<random.below(6) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
                case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + random.below(40))], at: place)
                default: bytes.insert([0x0A, 0x0D, 0x22, 0x5C, 0x7B][random.below(5)], at: place)
                }
            }
            return bytes
        }

        private func read(_ service: any LiveService, _ bytes: [UInt8], piece: Int) -> String {
            var (reader, intake, end) = (service.makeReader(), LiveIntake(now: 1_000_000), "")
            do {
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    try bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
                        try reader.take($0, into: &intake)
                    }
                }
            } catch { end = "\(error)" }
            let keys = intake.lines.lines.map(\.key)
            return "\(String(decoding: intake.lines.bytes, as: UTF8.self)) \(keys) \(intake.malformed) \(end)"
        }

        @Test func damagedStreamsAreTheSameInAnyPieces() throws {
            for (service, stream) in try services() {
                for seed in 0..<3000 {
                    var random = SeededRandom(seed: UInt64(seed))
                    let bytes = damaged(stream, &random)
                    let whole = read(service, bytes, piece: .max)
                    for piece in [1, 7] {
                        #expect(read(service, bytes, piece: piece) == whole, "\(service.name), seed \(seed)")
                    }
                }
            }
        }

        /// Addresses of any text are taken or refused with what to write.
        @Test func anyAddressIsTakenOrRefused() {
            let alphabet = Array("x:/?=&%@[]. \u{0}é1a,#")
            for seed in 0..<20_000 {
                var random = SeededRandom(seed: UInt64(seed))
                let rest = String((0..<random.below(20)).map { _ in alphabet[random.below(alphabet.count)] })
                for scheme in ["x:", "jetstream:", "mastodon:", "mastodon://"] {
                    do { _ = try LiveSources.services(scheme + rest) } catch {
                        #expect((error as? SwiftwaterError)?.remedy != nil, "\(scheme + rest): \(error)")
                    }
                }
            }
        }
    }
#endif
