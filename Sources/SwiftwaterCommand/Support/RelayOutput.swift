import Swiftwater

/// Where a relay sends posts.
protocol RelayOutput {
    mutating func send(_ line: String) throws
    /// Sends what waits.
    mutating func flush() throws
}

extension PacedSender: RelayOutput {}

/// Sends lines to a Kafka topic at a given rate. After `flush` they are there.
struct PacedKafkaSender: RelayOutput {
    private let sender: KafkaSender
    private var pace: Pace

    init(_ sender: KafkaSender, postsPerSecond: Double?, stop: RelayStop) {
        self.sender = sender
        pace = Pace(postsPerSecond: postsPerSecond, stop: stop)
    }

    mutating func send(_ line: String) throws {
        pace.wait {}
        try sender.send(line)
    }

    mutating func flush() throws { try sender.flush() }
}
