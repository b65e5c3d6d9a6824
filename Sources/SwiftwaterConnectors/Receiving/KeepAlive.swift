import NIOCore
import SwiftwaterPlatform

/// The options with which a peer that is gone without a word is noticed after two minutes.
enum KeepAlive {
    /// The options and their values.
    static var options: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] {
        let names = keepAliveOptions
        func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
            ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: name))
        }
        return [
            (ChannelOptions.socketOption(.so_keepalive), 1), (tcp(names.idle), 60), (tcp(names.interval), 15),
            (tcp(names.count), 4),
        ]
    }

    /// Sets the options of a connection. What the system does not know is left out.
    static func set(on channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        for (option, value) in self.options { try? options.setOption(option, value: value) }
    }
}
