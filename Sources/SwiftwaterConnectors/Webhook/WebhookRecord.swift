#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// The batches that a receiver has accepted: the newest of each output, in a file that is replaced as a whole.
    final class WebhookRecord: Sendable {
        /// The number of batches of an output that are noted. Older ones count as accepted.
        static let kept = 1000

        private let path: String?
        private let times: Monitor<[String: [Int64]]>

        /// Reads a record.
        ///
        /// - Throws: `malformedInput` for a file of something else.
        init(path: String?) throws {
            self.path = path
            let files = LocalFileSystem()
            guard let path, files.exists(path) else {
                times = Monitor([:])
                return
            }
            let json = try? JSONValue(parsing: String(decoding: try files.read(path), as: UTF8.self))
            guard case .object(let outputs)? = json else {
                throw SwiftwaterError(
                    .malformedInput, "this is not a record of sent batches", at: .init(file: path),
                    remedy: "name another file, or remove it: batches are then sent again")
            }
            times = Monitor(
                Dictionary(
                    outputs.map { ($0.name, ($0.value.array ?? []).compactMap(\.integer)) }, uniquingKeysWith: { $1 }))
        }

        func has(_ output: String, _ time: BatchTime) -> Bool {
            times.read { times in
                guard let known = times[output] else { return false }
                return known.contains(time.milliseconds)
                    || known.count >= WebhookRecord.kept && time.milliseconds < known[0]
            }
        }

        func last(of output: String) -> BatchTime? {
            times.read { $0[output]?.max().map { BatchTime(milliseconds: $0) } }
        }

        /// Notes a batch. It is on disk when this returns.
        func note(_ output: String, _ time: BatchTime) throws {
            try times.update { times in
                var known = times[output] ?? []
                known.append(time.milliseconds)
                times[output] = known.sorted().suffix(WebhookRecord.kept)
                guard let path else { return }
                let json = JSONWriter.object { json in
                    for (output, known) in times.sorted(by: { $0.key < $1.key }) { json.member(output, known) }
                }
                try LocalFileSystem().replace(path, with: Array(json.utf8))
            }
        }
    }
#endif
