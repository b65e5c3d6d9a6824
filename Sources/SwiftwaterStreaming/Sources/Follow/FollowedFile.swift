import Logging
import SwiftwaterCore
import SwiftwaterFormats

extension StreamingContext {
    /// Returns a stream of the lines of a file that grows, from its start, as `tail -F` shows them: through rotation,
    /// truncation, and times without the file.
    ///
    /// With a checkpoint, a restart goes on after the last line that was stored, also if the file was renamed or
    /// compressed meanwhile, beside its old place. What cannot be found again is counted as a gap (`sourceStatuses`).
    /// `docs/FILES.md` says which names rotation may give.
    ///
    /// - Parameters:
    ///   - path: a file on this machine. It need not be there yet.
    ///   - fromEnd: whether to skip what the file has when it is followed for the first time.
    ///   - format: the encoding, UTF-8 or latin-1, and what the rows of a table become.
    public func followedTextStream(
        path: String, fromEnd: Bool = false, format: TextFileFormat = TextFileFormat()
    ) -> DStream<Text> {
        receiverStream(
            FollowedFile(path, fromEnd: fromEnd, format: format, limits: settings.lineLimits, logger: engine.logger),
            name: "tail \(path)")
    }
}

/// Receives the lines of a file that grows.
package final class FollowedFile: TextReceiver {
    /// How often a file that does not change is looked at.
    static let interval = Duration.milliseconds(100)

    private struct State {
        var isStopping = false
        var isRunning = false
        var status: SourceStatus?
        var rate = LineRate(at: .zero)
    }

    private let path: String
    private let fromEnd: Bool
    private let format: TextFileFormat
    private let limits: LineLimits
    private let logger: Logger
    private let clock = SystemClock()
    private let state = Monitor(State())

    /// Creates a receiver.
    package init(_ path: String, fromEnd: Bool, format: TextFileFormat, limits: LineLimits, logger: Logger) {
        (self.path, self.fromEnd, self.format) = (path, fromEnd, format)
        (self.limits, self.logger) = (limits, logger)
    }

    package func start(into store: ReceiverStore) throws {
        guard format.encoding != .utf16 else {
            throw SwiftwaterError(
                .unsupported, "\(path): UTF-16 cannot be followed", remedy: "write the file as UTF-8 or latin-1")
        }
        state.update { state in
            state = State(isRunning: true, rate: LineRate(at: clock.elapsed()))
            state.status = SourceStatus(.connecting, since: clock.instant(), place: path)
        }
        SystemThread.start(named: "swiftwater-tail") { [self] in
            do { try follow(store) } catch {
                let error = error as? SwiftwaterError ?? SwiftwaterError(.io, "\(path): \(error)")
                set(.ended, error.message)
                store.fail(error)
            }
            state.update { $0.isRunning = false }
        }
    }

    package func stop() {
        state.update { $0.isStopping = true }
        state.wait { $0.isRunning ? nil : () }
    }

    package var status: SourceStatus? {
        state.update { state in
            state.status?.linesPerSecond = state.rate.perSecond(at: clock.elapsed())
            return state.status
        }
    }

    private func follow(_ store: ReceiverStore) throws {
        let follower = FileFollower(
            path, format: format, limits: limits, clock: clock, report: { self.logger.warning("\($0)") }
        ) { lines, sender, position in
            self.count(lines.count { $0 == 0x0A })
            store.store(lines: lines, from: sender, position: position, whenSafe: {})
        }
        let senders = store.senders(withPrefix: FollowedPlace.prefix(path))
        if senders.isEmpty, fromEnd { try follower.skipToEnd() } else { try follower.resume(senders) }
        while !state.read({ $0.isStopping }) {
            let look = store.hasRoom ? try follower.look() : .nothing
            note(look, follower)
            if look != .read { _ = state.wait(atMost: FollowedFile.interval) { $0.isStopping ? () : nil } }
        }
    }

    // MARK: Status

    private func count(_ lines: Int) {
        state.update { state in
            state.status?.lines += lines
            state.rate.add(lines, at: clock.elapsed())
        }
    }

    private func note(_ look: FileFollower.Look, _ follower: FileFollower) {
        if look == .missing { set(.waiting, follower.missing) } else { set(.connected, nil) }
        state.update { state in
            state.status?.gaps = follower.gaps
            state.status?.malformed = follower.malformed
        }
    }

    private func set(_ link: SourceStatus.Link, _ reason: String?) {
        state.update { state in
            guard state.status?.link != link else { return }
            state.status?.link = link
            state.status?.since = clock.instant()
            state.status?.reason = reason
        }
    }
}
