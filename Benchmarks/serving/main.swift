import Foundation
import Synchronization

// swiftwater-bench-serve PORT FOLDER [SECONDS]
//
// How long a rating takes until the next answer follows it: POST /v1/ratings and then GET, on one connection, one after the other; then with
// eight writers at once, and with eight writers while 1,000 pages listen. Beside it fsync of 100 appended bytes in the same file system.

let arguments = CommandLine.arguments
guard arguments.count >= 3, let port = Int(arguments[1]) else {
    print("usage: swiftwater-bench-serve PORT FOLDER [SECONDS]")
    exit(2)
}
let folder = arguments[2]
let seconds = Double(arguments.count > 3 ? arguments[3] : "5") ?? 5

func percentile(_ sorted: [Double], _ share: Double) -> Double {
    sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

func report(_ what: String, _ times: [Double], _ rest: String = "") {
    let sorted = times.sorted()
    print(
        what.padding(toLength: 48, withPad: " ", startingAt: 0)
            + String(
                format: "p50 %.2f ms, p99 %.2f ms, most %.2f ms", percentile(sorted, 0.5) * 1e3,
                percentile(sorted, 0.99) * 1e3, sorted.last! * 1e3) + rest)
}

func fsyncs(_ count: Int) -> [Double] {
    let descriptor = open(folder + "/fsync", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    defer { close(descriptor) }
    let bytes = [UInt8](repeating: 0x78, count: 100)
    return (0..<count).map { _ in
        _ = write(descriptor, bytes, bytes.count)
        let begin = now()
        fsync(descriptor)
        return now() - begin
    }
}

func writers(_ count: Int, named name: String) -> [Double] {
    let all = Mutex<[[Double]]>([])
    let end = now() + seconds
    for number in 0..<count {
        Thread.detachNewThread {
            let times = rate("\(name)-\(number)", port: port, until: end)
            all.withLock { $0.append(times) }
        }
    }
    while all.withLock({ $0.count }) < count { usleep(10_000) }
    return all.withLock { $0.flatMap(\.self) }
}

report("fsync alone", fsyncs(1000))
report("rating to answer, one writer", writers(1, named: "single"))
let several = writers(8, named: "several")
report("rating to answer, eight writers", several, String(format: ", %.0f ratings/s", Double(several.count) / seconds))
var limits = rlimit()
getrlimit(__rlimit_resource_t(7), &limits)
limits.rlim_cur = limits.rlim_max
setrlimit(__rlimit_resource_t(7), &limits)
let pages = (0..<1000).map { _ in
    let page = Client(port: port)
    page.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
    return page
}
let watched = writers(8, named: "watched")
report(
    "the same while 1,000 pages listen", watched, String(format: ", %.0f ratings/s", Double(watched.count) / seconds))
withExtendedLifetime(pages) {}
