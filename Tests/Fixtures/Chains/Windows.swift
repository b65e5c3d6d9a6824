import Swiftwater

// Windows and state. ChainsTests compiles these programs and measures how long each takes to check.

func countsInAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .reduceByKeyAndWindow(+, window: .seconds(30), slide: .seconds(10))
        .print()
}

func countsBySubtraction(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .reduceByKeyAndWindow({ $0 + $1 }, inverse: { $0 - $1 }, window: .seconds(30), slide: .seconds(10))
        .filter { $0.1 > 0 }
        .print()
}

func frequentKeysOfAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .countByValueAndWindow(.seconds(30))
        .filter { $0.1 >= 5 }
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        .print()
}

func totalOfAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { $0.utf8Count }
        .reduceByWindow(.seconds(30), slide: .seconds(10), +, inverse: -)
        .print()
}

func sizeOfAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773).countByWindow(.seconds(30)).print()
}

func groupsOfAWindow(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { ($0.utf8Count, String($0)) }
        .groupByKeyAndWindow(.seconds(30))
        .mapValues { $0.sorted().prefix(3).joined(separator: " ") }
        .print()
}

func totalsSinceTheStart(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .flatMap { $0.split(separator: " ") }
        .map { ($0, 1) }
        .updateStateByKey { (new: [Int], total: Int?) in (total ?? 0) + new.reduce(0, +) }
        .print()
}

func keysThatExpire(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), 1) }
        .updateStateByKey { (new: [Int], total: Int?) -> Int? in
            new.isEmpty ? nil : (total ?? 0) + new.count
        }
        .print()
}

func stateWithATimeout(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), 1) }
        .mapWithState(timeout: .seconds(60)) { (key: String, new: Int?, state: inout KeyState<Int>) -> String? in
            if state.isTimingOut { return "\(key) is gone" }
            state.update((state.value ?? 0) + (new ?? 0))
            return state.value == 1 ? "\(key) is new" : nil
        }
        .mapped
        .print()
}

func snapshotsOfState(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { (String($0), 1) }
        .mapWithState { (key: String, new: Int?, state: inout KeyState<Int>) -> Int? in
            state.update((state.value ?? 0) + (new ?? 0))
            return state.value
        }
        .stateSnapshots()
        .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        .print()
}

func windowsOfEventTime(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { Reading(of: $0) }
        .reduceByEventTime(
            .tumbling(.seconds(60)), watermarkDelay: .seconds(10), time: \.time, key: \.meter, value: \.value,
            combine: max
        )
        .results
        .print()
}

func sessions(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { Reading(of: $0) }
        .reduceByEventTime(
            .session(gap: .seconds(30)), time: { $0.time }, key: { $0.meter }, value: { _ in 1 }, combine: +
        )
        .results
        .map { "\($0.0.key): \($0.1) events since \($0.0.window.start)" }
        .print()
}

func lateRecords(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .map { Reading(of: $0) }
        .reduceByEventTime(
            .sliding(.seconds(60), slide: .seconds(10)), allowedLateness: .seconds(5), time: { $0.time },
            key: { $0.meter }, value: { $0.value }, combine: { $0 + $1 }
        )
        .late()
        .count()
        .print()
}

private struct Reading: Sendable {
    let meter: Text
    let time: BatchTime
    let value: Double

    init(of line: Text) {
        let fields = line.split(separator: ",")
        meter = fields.part(0) ?? ""
        time = BatchTime(milliseconds: Int64(fields.part(1)?.int ?? 0))
        value = fields.part(2)?.double ?? 0
    }
}
