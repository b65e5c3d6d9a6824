import SwiftwaterCore

/// Which partitions are read and where they begin: a value without a network.
package struct KafkaTopics {
    /// How often partitions are looked for, and how often while something is missing.
    package static let interval = Duration.seconds(10)
    package static let shortInterval = Duration.seconds(1)
    /// A topic that is missing so often in a row is gone.
    package static let missesMax = 3

    /// What a look at the topics changes.
    package struct Changes {
        package var new: [KafkaPartition] = []
        package var gone: [KafkaPartition] = []
        package var messages: [String] = []
    }

    /// Where a partition begins.
    package struct Start: Equatable {
        package let place: KafkaPosition.Place
        /// Whether the place was chosen now, so that a restart must know of it.
        package let isNew: Bool
        /// What was lost; nil if that is nothing.
        package var loss: String?

        package init(place: KafkaPosition.Place, isNew: Bool, loss: String? = nil) {
            (self.place, self.isNew, self.loss) = (place, isNew, loss)
        }
    }

    /// Whether brokers or topics are missing.
    package var isWaiting = true
    /// Whether there was a position, or partitions were found before.
    package private(set) var isKnown: Bool
    /// The places of partitions that are not read now.
    private var places: [KafkaPartition: KafkaPosition.Place]
    private var reading: Set<KafkaPartition> = []
    private var misses: [String: Int] = [:]
    /// The topics that were deleted, whose offsets mean nothing anymore.
    private var deleted: Set<String> = []
    private var looked: Duration?

    /// Creates topics with the places of an earlier run.
    package init(_ position: KafkaPosition?) {
        places = position?.places ?? [:]
        isKnown = position != nil
    }

    /// Whether it is time to look for partitions; if so, it is not again for a while.
    package mutating func wantsLook(at now: Duration) -> Bool {
        if let looked, now - looked < (isWaiting ? KafkaTopics.shortInterval : KafkaTopics.interval) { return false }
        looked = now
        return true
    }

    /// Looks for partitions at the next opportunity.
    package mutating func lookSoon() {
        isWaiting = true
    }

    // MARK: Partitions

    /// Takes the partitions that were found, and says what that changes.
    ///
    /// - Throws: `notFound` if a topic that was read is gone, unless the address says to go on.
    package mutating func take(
        _ found: [KafkaPartition], missing: [String], _ address: KafkaAddress
    ) throws -> Changes {
        var changes = Changes()
        let there = Set(found.map(\.topic))
        for topic in Set(reading.map(\.topic)).subtracting(there).sorted() {
            misses[topic, default: 0] += 1
            guard misses[topic]! >= KafkaTopics.missesMax else { continue }
            guard address.loss != .fail else {
                throw SwiftwaterError(
                    .notFound, "\(address.label): the topic \(topic) was deleted",
                    remedy: "name another, or go on without its messages with lost=earliest or lost=latest")
            }
            changes.messages.append("\(address.label): the topic \(topic) was deleted; messages not read yet are lost")
            changes.gone += reading.filter { $0.topic == topic }.sorted()
            deleted.insert(topic)
        }
        for partition in changes.gone { reading.remove(partition) }
        for topic in there { misses[topic] = nil }
        changes.new = found.filter { !reading.contains($0) }
        return changes
    }

    /// Whether a partition begins where the address says.
    package func begins(_ partition: KafkaPartition) -> Bool {
        !isKnown && places[partition] == nil
    }

    /// Notes that all partitions that are found from now on are new ones.
    package mutating func know() { isKnown = true }

    /// Keeps the place of a partition that begins again.
    package mutating func remember(_ partition: KafkaPartition, _ place: KafkaPosition.Place) {
        places[partition] = place
    }

    /// Reads a partition no more, until it is found again.
    package mutating func forget(_ partition: KafkaPartition) { reading.remove(partition) }

    /// Decides where a partition begins.
    ///
    /// - Parameters:
    ///   - bounds: the first offset that is there, and the one after the last.
    ///   - first: the offset at the time that the address names, if it names one and there is one.
    /// - Throws: `invalidState` if messages are gone, unless the address says to go on.
    package mutating func start(
        of partition: KafkaPartition, _ bounds: Range<Int64>, atTime first: Int64?, _ address: KafkaAddress
    ) throws -> Start {
        var start: Start
        if let known = places[partition] {
            start = try again(partition, known, bounds, address)
        } else if isKnown {
            // As Spark does: a partition that came later is read from its first message.
            start = Start(place: .init(epoch: 0, offset: bounds.lowerBound), isNew: false)
        } else {
            switch address.start {
            case .earliest: start = Start(place: .init(epoch: 0, offset: bounds.lowerBound), isNew: false)
            case .latest: start = Start(place: .init(epoch: 0, offset: bounds.upperBound), isNew: true)
            case .time: start = Start(place: .init(epoch: 0, offset: first ?? bounds.upperBound), isNew: true)
            case .offsets(let offsets):
                let offset = offsets[partition.number] ?? bounds.lowerBound
                start = try again(partition, .init(epoch: 0, offset: offset), bounds, address)
            }
        }
        reading.insert(partition)
        places[partition] = start.place
        return start
    }

    private func again(
        _ partition: KafkaPartition, _ known: KafkaPosition.Place, _ bounds: Range<Int64>, _ address: KafkaAddress
    ) throws -> Start {
        let isDeleted = deleted.contains(partition.topic)
        if !isDeleted, known.offset >= bounds.lowerBound, known.offset <= bounds.upperBound {
            return Start(place: known, isNew: false)
        }
        let what =
            isDeleted
            ? "the topic was made again"
            : known.offset < bounds.lowerBound
                ? "messages \(known.offset) to \(bounds.lowerBound - 1) were removed before they were read"
                : "the next message would be \(known.offset), but there are \(bounds.upperBound)"
        guard address.loss != .fail else {
            throw SwiftwaterError(
                .invalidState, "\(address.label): \(partition): \(what)",
                remedy: "keep messages longer, or go on without them with lost=earliest or lost=latest")
        }
        let offset = address.loss == .latest && !isDeleted ? bounds.upperBound : bounds.lowerBound
        return Start(
            place: .init(epoch: known.epoch + 1, offset: offset), isNew: true,
            loss: "\(address.label): \(partition): \(what); reading goes on at message \(offset)")
    }
}
