import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPlatform

/// Limits on lines and on the blocks they are collected in.
public struct LineLimits: Sendable {
    /// The maximum length of a line; longer lines are dropped and counted. 1 MiB by default.
    public var lineLengthMaxBytes: Int
    /// The size at which a block is closed, at the next line end. 1 MiB by default.
    public var blockTargetBytes: Int

    /// Creates settings. Omitted arguments have their defaults.
    public init(lineLengthMaxBytes: Int = 1 << 20, blockTargetBytes: Int = 1 << 20) {
        self.lineLengthMaxBytes = lineLengthMaxBytes
        self.blockTargetBytes = blockTargetBytes
    }
}

/// Counts of invalid lines. The stream continues after them.
package struct LineFaults: Sendable, Equatable {
    /// The number of lines with invalid UTF-8, whose invalid bytes became U+FFFD.
    package var repairedLines = 0
    /// The number of lines dropped because they were longer than the limit.
    package var overlongLines = 0

    /// Creates counts of zero.
    package init() {}

    /// Returns the sums of two counts.
    package static func + (one: LineFaults, other: LineFaults) -> LineFaults {
        var sum = one
        sum.repairedLines += other.repairedLines
        sum.overlongLines += other.overlongLines
        return sum
    }

    /// Returns warnings about the faults since `before`, with what to do about them. Empty if there were none.
    package func messages(since before: LineFaults = LineFaults(), limits: LineLimits) -> [String] {
        var messages: [String] = []
        let (overlong, repaired) = (overlongLines - before.overlongLines, repairedLines - before.repairedLines)
        if overlong > 0 {
            messages.append(
                "\(overlong) lines longer than \(limits.lineLengthMaxBytes) bytes were dropped; "
                    + "a larger limit keeps them")
        }
        if repaired > 0 {
            messages.append(
                "\(repaired) lines were not valid UTF-8, and their invalid bytes became U+FFFD; "
                    + "check the encoding")
        }
        return messages
    }
}
