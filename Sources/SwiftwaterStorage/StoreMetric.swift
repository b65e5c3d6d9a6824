/// What is told of a store's traffic, as metrics of Prometheus.
package struct StoreMetric: Sendable {
    /// The metric's name, with `_total` at the end of counters.
    package let name: String
    /// What it says.
    package let help: String
    /// Whether it only grows.
    package let isCounter: Bool
    /// Its value.
    package let value: @Sendable (StoreTraffic.Counts) -> Int

    /// All of them, by name.
    package static let all = [
        StoreMetric(
            name: "swiftwater_store_received_bytes_total", help: "Bytes received from a store.", isCounter: true
        ) { $0.receivedBytes },
        StoreMetric(
            name: "swiftwater_store_requests_total", help: "Requests sent to a store, with those sent again.",
            isCounter: true
        ) { $0.requests },
        StoreMetric(
            name: "swiftwater_store_retries_total", help: "Requests sent again after a failure.", isCounter: true
        ) { $0.retries },
        StoreMetric(name: "swiftwater_store_sent_bytes_total", help: "Bytes sent to a store.", isCounter: true) {
            $0.sentBytes
        },
        StoreMetric(
            name: "swiftwater_store_waiting", help: "Streams that wait because the store fails.", isCounter: false
        ) { $0.waitingStreams },
    ]

    /// Returns an address as the value of a label.
    package static func label(_ root: String) -> String {
        root.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
