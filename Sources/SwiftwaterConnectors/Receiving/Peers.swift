import NIOCore
import SwiftwaterCore

/// The open connections of a receiver, and which of them gives up its place when there are too many.
struct Peers {
    private struct Peer {
        let channel: any Channel
        /// The number of the connection, from 0.
        let number: Int
        var hasSpoken = false
        /// When bytes last arrived, or when it connected.
        var heard: Duration
    }

    /// The silence after which a connection gives up its place to a new one.
    static let silenceMax = Duration.seconds(60)

    private var peers: [ObjectIdentifier: Peer] = [:]
    private var connected = 0

    var count: Int { peers.count }

    /// The connections, oldest first.
    var channels: [any Channel] { peers.values.sorted { $0.number < $1.number }.map(\.channel) }

    mutating func add(_ channel: any Channel, at now: Duration) {
        peers[ObjectIdentifier(channel)] = Peer(channel: channel, number: connected, heard: now)
        connected += 1
    }

    mutating func remove(_ channel: any Channel) { peers[ObjectIdentifier(channel)] = nil }

    mutating func heard(_ channel: any Channel, at now: Duration) {
        peers[ObjectIdentifier(channel)]?.heard = now
        peers[ObjectIdentifier(channel)]?.hasSpoken = true
    }

    /// Removes the connection that gives up its place: the oldest that never sent anything, or the one that has been
    /// silent for longest, if it was for `silenceMax`. A sender comes back and goes on where it was.
    mutating func makeRoom(at now: Duration) -> (any Channel)? {
        let mute = peers.values.filter { !$0.hasSpoken }.min { $0.number < $1.number }
        let silent = peers.values.filter { now - $0.heard >= Peers.silenceMax }.min {
            ($0.heard, $0.number) < ($1.heard, $1.number)
        }
        guard let peer = mute ?? silent else { return nil }
        remove(peer.channel)
        return peer.channel
    }
}
