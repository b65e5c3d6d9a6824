import Foundation

/// Seconds.
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

/// A connection that asks one thing after the other.
final class Client {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65536)

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { fatalError("no server at port \(port)") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { fatalError("the server hung up") }
                sent += count
            }
        }
    }

    /// The body of the answer, whose length the head says.
    func ask(_ method: String, _ path: String, _ body: String? = nil) -> [UInt8] {
        var request = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
        if let body { request += "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n" }
        send(request + "\r\n" + (body ?? ""))
        var filled = 0
        while true {
            let count = buffer.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + filled, $0.count - filled, 0)
            }
            guard count > 0 else { fatalError("the server hung up") }
            filled += count
            let heard = buffer[..<filled]
            guard let end = place(of: "\r\n\r\n", in: heard) else { continue }
            guard heard.starts(with: "HTTP/1.1 20".utf8), let field = place(of: "\r\nContent-Length: ", in: heard),
                let length = Int(String(decoding: heard[(field + 18)...].prefix { $0 != 0x0D }, as: UTF8.self))
            else { fatalError("\(method) \(path): \(String(decoding: heard, as: UTF8.self))") }
            if filled - end - 4 >= length { return Array(heard[(end + 4)...]) }
        }
    }

    /// The best film that is left for a user, and whether all ratings have made the list.
    func best(_ user: String) -> (item: [UInt8], isFolded: Bool) {
        let text = ask("GET", "/v1/users/\(user)/recommendations?n=1")
        guard let head = place(of: "\"item\":\"", in: text[...]) else { fatalError("no film is left for \(user)") }
        let item = text[(head + 8)...].prefix { $0 != 0x22 }
        return (Array(item), place(of: "\"source\":\"fold-in\"", in: text[...]) != nil)
    }

    /// Where a text begins, in bytes: this program is to cost little beside the server that it measures.
    private func place(of text: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
        let count = text.utf8CodeUnitCount
        return bytes.withUnsafeBytes { raw in
            guard raw.count >= count else { return nil }
            let place = (0...raw.count - count).first { memcmp(raw.baseAddress! + $0, text.utf8Start, count) == 0 }
            return place.map { bytes.startIndex + $0 }
        }
    }
}

/// The times of one writer, who rates the best film that is left, again and again.
@Sendable func rate(_ user: String, port: Int, until end: Double) -> [Double] {
    let client = Client(port: port)
    var times: [Double] = []
    var best = client.best(user).item
    while now() < end {
        let begin = now()
        _ = client.ask(
            "POST", "/v1/ratings",
            "{\"user\":\"\(user)\",\"item\":\"\(String(decoding: best, as: UTF8.self))\",\"rating\":4}")
        let after = client.best(user)
        times.append(now() - begin)
        // What was rated is left out: the answer follows the rating.
        guard after.isFolded, after.item != best else { fatalError("the answer does not follow the rating") }
        best = after.item
    }
    return times
}
