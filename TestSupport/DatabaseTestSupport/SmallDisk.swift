import Foundation
import SwiftwaterPlatform
import TestSupport

/// A disk with little room, in memory. Only root may make one.
public final class SmallDisk: Sendable {
    /// Whether such a disk can be made here.
    public static let isAllowed = geteuid() == 0 && (try? SmallDisk(megabytes: 1, owner: "root")) != nil

    /// The folder where it is mounted.
    public let path: String
    private let folder: TemporaryDirectory

    /// Makes a disk.
    ///
    /// - Parameter owner: the user who owns it.
    public init(megabytes: Int, owner: String) throws {
        folder = try TemporaryDirectory()
        path = folder.file("disk")
        let made = try Program.shell(
            "mkdir '\(path)' && mount -t tmpfs -o size=\(megabytes)m tmpfs '\(path)' && chown \(owner) '\(path)'"
                + " && chmod 755 '\(folder.path)'")
        guard made.status == 0 else {
            struct Refused: Error { let reason: String }
            throw Refused(reason: made.error)
        }
    }

    deinit { _ = try? Program.shell("umount -l '\(path)'") }

    /// Takes all room that is left.
    public func fill() throws { _ = try Program.shell("cat /dev/zero > '\(path)/filler' 2> /dev/null") }

    /// Gives back the room that `fill` took.
    public func empty() { try? FileManager.default.removeItem(atPath: path + "/filler") }
}
