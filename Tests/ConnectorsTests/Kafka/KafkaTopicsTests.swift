import SwiftwaterConnectors
import SwiftwaterCore
import Testing

/// Where partitions begin and end, without a network.
struct KafkaTopicsTests {
    private typealias Place = KafkaPosition.Place

    private func address(_ parameters: String = "") throws -> KafkaAddress {
        try KafkaAddress("kafka://b/posts\(parameters)")
    }

    private func partition(_ number: Int32, _ topic: String = "posts") -> KafkaPartition {
        KafkaPartition(topic: topic, number: number)
    }

    @Test func aNewSourceBeginsWhereItsAddressSays() throws {
        for (parameters, first, offset, isNew) in [
            ("", Int64?.none, Int64(20), true), ("?start=earliest", nil, 10, false), ("?start=latest", nil, 20, true),
            ("?start=2026-11-28T09:00:00Z", 15, 15, true), ("?start=2026-11-28T09:00:00Z", nil, 20, true),
            ("?start=0:12,1:13", nil, 12, false), ("?start=1:13", nil, 10, false),
        ] {
            var topics = KafkaTopics(nil)
            let address = try address(parameters)
            #expect(try topics.take([partition(0)], missing: [], address).new == [partition(0)])
            let start = try topics.start(of: partition(0), 10..<20, atTime: first, address)
            #expect(start == .init(place: Place(epoch: 0, offset: offset), isNew: isNew), "\(parameters)")
        }
    }

    /// A partition that is added later is read from its first message.
    @Test func aTopicThatGrows() throws {
        var topics = KafkaTopics(nil)
        let address = try address()
        #expect(try topics.take([partition(0)], missing: [], address).new == [partition(0)])
        #expect(topics.begins(partition(0)))
        _ = try topics.start(of: partition(0), 5..<9, atTime: nil, address)
        topics.know()
        #expect(try topics.take([partition(0), partition(1)], missing: [], address).new == [partition(1)])
        #expect(!topics.begins(partition(1)))
        #expect(
            try topics.start(of: partition(1), 2..<4, atTime: nil, address)
                == .init(place: Place(epoch: 0, offset: 2), isNew: false))
        // So also if the program was not running.
        var later = KafkaTopics(KafkaPosition(places: [partition(0): Place(epoch: 0, offset: 9)]))
        #expect(try later.take([partition(0), partition(1)], missing: [], address).new.count == 2)
        #expect(try later.start(of: partition(0), 5..<12, atTime: nil, address).place.offset == 9)
        #expect(try later.start(of: partition(1), 0..<3, atTime: nil, address).place.offset == 0)
    }

    /// Messages that are gone are an error, or a gap, as the user chose.
    @Test func messagesThatAreGone() throws {
        let position = KafkaPosition(places: [partition(0): Place(epoch: 3, offset: 7)])
        for (loss, bounds, offset, words) in [
            ("earliest", 10..<20, 10, "messages 7 to 9 were removed"), ("latest", 10..<20, 20, "7 to 9"),
            ("earliest", 0..<5, 0, "would be 7, but there are 5"), ("latest", 0..<5, 5, "there are 5"),
        ] as [(String, Range<Int64>, Int64, String)] {
            var topics = KafkaTopics(position)
            let start = try topics.start(of: partition(0), bounds, atTime: nil, address("?lost=\(loss)"))
            #expect(start.place == Place(epoch: 4, offset: offset) && start.isNew)
            #expect(start.loss?.contains(words) == true, "\(start)")
            var strict = KafkaTopics(position)
            let error = #expect(throws: SwiftwaterError.self) {
                try strict.start(of: partition(0), bounds, atTime: nil, address())
            }
            #expect(error?.code == .invalidState && error?.remedy?.contains("lost=") == true)
        }
        // At the end there is nothing to lose.
        var topics = KafkaTopics(position)
        #expect(try topics.start(of: partition(0), 7..<7, atTime: nil, address()).place == Place(epoch: 3, offset: 7))
    }

    /// A topic that is deleted and made again has other messages under the same offsets.
    @Test func aTopicThatIsMadeAgain() throws {
        let address = try address("?lost=latest")
        var topics = KafkaTopics(KafkaPosition(places: [partition(0): Place(epoch: 0, offset: 7)]))
        _ = try topics.take([partition(0)], missing: [], address)
        _ = try topics.start(of: partition(0), 0..<9, atTime: nil, address)
        topics.know()
        for look in 1...3 {
            let changes = try topics.take([], missing: ["posts"], address)
            #expect(changes.gone == (look == 3 ? [partition(0)] : []) && changes.messages.count == (look == 3 ? 1 : 0))
        }
        #expect(try topics.take([partition(0)], missing: [], address).new == [partition(0)])
        let start = try topics.start(of: partition(0), 0..<50, atTime: nil, address)
        #expect(start.place == Place(epoch: 1, offset: 0) && start.loss?.contains("made again") == true)
        // A look that fails is no deletion.
        var other = KafkaTopics(nil)
        _ = try other.take([partition(0)], missing: [], address)
        _ = try other.start(of: partition(0), 0..<9, atTime: nil, address)
        for _ in 1...10 {
            #expect(try other.take([], missing: ["posts"], address).gone.isEmpty)
            _ = try other.take([partition(0)], missing: [], address)
        }
        var strict = KafkaTopics(nil)
        let fails = try self.address("?lost=fail")
        _ = try strict.take([partition(0)], missing: [], fails)
        _ = try strict.start(of: partition(0), 0..<9, atTime: nil, fails)
        _ = try strict.take([], missing: ["posts"], fails)
        _ = try strict.take([], missing: ["posts"], fails)
        let error = #expect(throws: SwiftwaterError.self) { try strict.take([], missing: ["posts"], fails) }
        #expect(error?.code == .notFound && error?.message.contains("deleted") == true)
    }

    @Test func positionsPassRangesOnce() throws {
        var position = KafkaPosition(places: [partition(0): Place(epoch: 0, offset: 7)])
        func piece(_ epoch: Int, _ start: Int64, _ end: Int64) -> KafkaRange.Piece {
            .init(partition: partition(0), epoch: epoch, start: start, end: end, records: 1, bytes: 1, checksum: 1)
        }
        position.pass(piece(0, 3, 6))
        #expect(position.places[partition(0)] == Place(epoch: 0, offset: 7))
        position.pass(piece(0, 7, 9))
        #expect(position.places[partition(0)] == Place(epoch: 0, offset: 9))
        position.pass(piece(1, 0, 2))
        #expect(position.places[partition(0)] == Place(epoch: 1, offset: 2))
        var writer = ByteWriter()
        position.encode(to: &writer)
        KafkaRange(pieces: [piece(2, 3, 4)]).encode(to: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try KafkaPosition.decode(from: &reader) == position)
        #expect(try KafkaRange.decode(from: &reader).pieces == [piece(2, 3, 4)])
    }

    @Test func addressesAreReadOrExplained() throws {
        let full = try KafkaAddress(
            "kafka://me@one:1,two,[::1]:3/posts,more?start=earliest&lost=latest&group=g&columns=all&patience=5"
                + "&security.protocol=sasl_plaintext&sasl.mechanism=SCRAM-SHA-256")
        #expect(full.brokers == "one:1,two:9092,[::1]:3" && full.topics == ["posts", "more"] && full.user == "me")
        #expect(full.start == .earliest && full.loss == .latest && full.group == "g" && full.hasColumns)
        #expect(full.settings["sasl.mechanism"] == "SCRAM-SHA-256" && full.patience == .seconds(5))
        let settings = try full.clientSettings(["KAFKA_PASSWORD": "s3cret"]).map { "\($0.name)=\($0.value)" }
        #expect(settings.contains("sasl.password=s3cret") && settings.contains("sasl.username=me"))
        #expect(!full.label.contains("s3cret") && !"\(full)".contains("s3cret"))
        let pattern = try KafkaAddress("kafka://b/%5Eposts-%5B0-9%5D+$")
        #expect(pattern.isPattern && pattern.matches("posts-17") && !pattern.matches("posts-x"))
        #expect(!(try KafkaAddress("kafka://b/^.*")).matches("__consumer_offsets"))
        for (wrong, words) in [
            ("kafka:b/t", "does not begin"), ("kafka://b", "names no topic"), ("kafka://b/", "has the topic ''"),
            ("kafka://b/a b", "has the topic"), ("kafka://u:p@b/t", "has a password"),
            ("kafka://b/t?sasl.password=p", "has a secret"), ("kafka://b/t?start=soon", "has the start"),
            ("kafka://b/t?lost=maybe", "has the lost"), ("kafka://b/t?color=1", "has the parameter"),
            ("kafka://b/^(", "regular expression"), ("kafka://b/a,b?start=0:1", "more than one topic"),
            ("kafka://b:0/t", "port"), ("kafka:///t", "names no host"),
        ] {
            let error = #expect(throws: SwiftwaterError.self) { try KafkaAddress(wrong) }
            #expect(error?.message.contains(words) == true && error?.remedy != nil, "\(wrong): \(error!)")
            #expect(!"\(error!)".contains("u:p"))
        }
    }
}
