import Foundation
import Swiftwater

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
    func ask(_ method: String, _ path: String, _ body: String? = nil) -> String {
        var request = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
        if let body { request += "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n" }
        send(request + "\r\n" + (body ?? ""))
        var heard = ""
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { fatalError("the server hung up") }
            heard += String(decoding: buffer[..<count], as: UTF8.self)
            guard let end = heard.range(of: "\r\n\r\n") else { continue }
            let head = heard[..<end.lowerBound].lowercased()
            guard head.hasPrefix("http/1.1 20"), let field = head.range(of: "content-length: "),
                let length = Int(head[field.upperBound...].prefix { $0.isNumber })
            else { fatalError("\(method) \(path): \(heard)") }
            let text = heard[end.upperBound...]
            if text.utf8.count >= length { return String(text) }
        }
    }

    func best(_ user: String) -> (text: String, item: String) {
        let text = ask("GET", "/v1/users/\(user)/recommendations?n=1")
        let item = text.components(separatedBy: "\"item\":\"").last!.prefix { $0 != "\"" }
        return (text, String(item))
    }
}

/// The times of one writer, who rates the best film that is left, again and again.
@Sendable func rate(_ user: String, port: Int, until end: Double) -> [Double] {
    let client = Client(port: port)
    var times: [Double] = []
    var best = client.best(user).item
    while now() < end {
        let begin = now()
        _ = client.ask("POST", "/v1/ratings", "{\"user\":\"\(user)\",\"item\":\"\(best)\",\"rating\":4}")
        let after = client.best(user)
        times.append(now() - begin)
        // What was rated is left out: the answer follows the rating.
        guard after.text.contains("\"source\":\"fold-in\""), after.item != best else { fatalError(after.text) }
        best = after.item
    }
    return times
}
