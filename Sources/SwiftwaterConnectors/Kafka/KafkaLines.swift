import CSwiftwaterClients
import SwiftwaterCore
import SwiftwaterFormats

/// Makes a line of each message: its value, with line feeds in it as spaces, or with `columns=all` an object with
/// `topic`, `partition`, `offset`, `timestamp`, `key`, `value` and `headers`.
struct KafkaLines {
    /// The lines so far.
    private(set) var bytes: [UInt8] = []
    /// The messages so far, those without a value included.
    private(set) var records = 0
    private(set) var last: Int64 = -1
    private(set) var newest: Int64 = 0
    private let hasColumns: Bool
    private let library: LibRDKafka

    init(_ library: LibRDKafka, hasColumns: Bool) { (self.library, self.hasColumns) = (library, hasColumns) }

    /// Takes the next message of a partition.
    mutating func append(_ message: UnsafePointer<sw_kafka_message>, _ partition: KafkaPartition) {
        records += 1
        last = message.pointee.offset
        if hasColumns {
            newest = max(newest, library.timestamp(message, nil))
            return object(message, partition)
        }
        // The time of one message in many says how far behind the newest is.
        if records == 1 { newest = max(newest, library.timestamp(message, nil)) }
        // A message without a value deletes what its key had; it is not a line.
        guard let start = message.pointee.payload else { return }
        let value = UnsafeRawBufferPointer(start: start, count: message.pointee.payload_size)
        let begin = bytes.count
        bytes.append(contentsOf: value)
        bytes.withUnsafeMutableBufferPointer { all in
            let copy = UnsafeMutableBufferPointer(rebasing: all[begin...])
            var rest = copy[...]
            while let place = rest.firstIndex(of: 0x0A) {
                copy[place] = 0x20
                rest = rest[(place + 1)...]
            }
        }
        bytes.append(0x0A)
    }

    private mutating func object(_ message: UnsafePointer<sw_kafka_message>, _ partition: KafkaPartition) {
        let one = message.pointee
        let headers = KafkaLines.headers(of: message, library)
        let line = JSONWriter.object { json in
            json.member("topic", partition.topic)
            json.member("partition", Int(partition.number))
            json.member("offset", Int(one.offset))
            json.member("timestamp", Int(library.timestamp(message, nil)))
            json.member("key", KafkaLines.text(one.key, one.key_size))
            json.member("value", KafkaLines.text(one.payload, one.payload_size))
            json.member("headers", array: headers) { json, header in
                json.object { json in
                    json.member("key", header.name)
                    json.member("value", header.value)
                }
            }
        }
        bytes.append(contentsOf: line.utf8)
        bytes.append(0x0A)
    }

    private static func text(_ start: UnsafeMutableRawPointer?, _ size: Int) -> String? {
        start.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: size), as: UTF8.self) }
    }

    /// Returns the headers of a message, in their order.
    static func headers(
        of message: UnsafePointer<sw_kafka_message>, _ library: LibRDKafka
    ) -> [(name: String, value: String?)] {
        var list: LibRDKafka.Headers?
        guard library.headers(message, &list) == KafkaCode.none, let list else { return [] }
        var headers: [(name: String, value: String?)] = []
        var (name, value, size): (LibRDKafka.Text?, UnsafeRawPointer?, Int) = (nil, nil, 0)
        while library.header(list, headers.count, &name, &value, &size) == KafkaCode.none, let name {
            headers.append(
                (
                    String(cString: name),
                    value.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: size), as: UTF8.self) }
                ))
        }
        return headers
    }

    /// Forgets the lines, and keeps their room.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        (records, last, newest) = (0, -1, 0)
    }
}
