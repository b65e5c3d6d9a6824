#if Services
    import SwiftwaterCore
    import SwiftwaterStorage

    /// A file that is appended to under a temporary name while it is written. One that fits a part is written at once.
    final class WebHDFSUpload: ObjectUpload {
        private let store: WebHDFSStore
        private let key: String
        private var buffer: [UInt8] = []
        private var temporary: String?
        private var sentBytes = 0
        private var isDone = false

        init(_ store: WebHDFSStore, key: String) { (self.store, self.key) = (store, key) }

        deinit { abandon() }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            var rest = bytes[...]
            let length = store.client.settings.partBytes
            while !rest.isEmpty {
                if buffer.count >= length { try sendPart() }
                let piece = rest.prefix(length - buffer.count)
                buffer.append(contentsOf: piece)
                rest = rest.dropFirst(piece.count)
            }
        }

        private func sendPart() throws {
            if let temporary {
                try store.append(temporary, buffer, at: sentBytes)
            } else {
                temporary = try store.create(key, buffer)
            }
            sentBytes += buffer.count
            buffer.removeAll(keepingCapacity: true)
        }

        func commit() throws -> ObjectVersion {
            let file = try sendRest()
            isDone = true
            return try store.rename(file, to: key)
        }

        func commitIfAbsent() throws -> ObjectVersion? {
            let file = try sendRest()
            isDone = true
            return try store.renameIfAbsent(file, to: key)
        }

        private func sendRest() throws -> WebHDFSStore.Written {
            if temporary == nil || !buffer.isEmpty { try sendPart() }
            guard let file = try store.whole(temporary!, sentBytes) else { throw store.incomplete(key) }
            return file
        }

        func abandon() {
            guard !isDone else { return }
            isDone = true
            if let temporary { try? store.remove(temporary) }
        }
    }

    extension WebHDFSStore {
        /// What the name node says as long as a writer that was lost seems to be there: for a minute (HDFS's soft limit
        /// of leases), and while it finds out how much of the last block is there.
        private static let lostWriter: Set<String> = ["AlreadyBeingCreatedException", "RecoveryInProgressException"]
        private static let leasePause = Duration.seconds(5)
        private static let leasePauses = 24

        /// Appends bytes to a file of known length. If a data node is lost in the middle, what it left in the file is
        /// the beginning of the bytes, and the rest follows.
        func append(_ path: String, _ bytes: [UInt8], at length: Int) throws {
            let end = length + bytes.count
            var (sent, failures) = (0, 0)
            while true {
                do {
                    let answer = try appendOnce(path, sent == 0 ? bytes : Array(bytes[sent...]))
                    if (200..<300).contains(answer.status) { return }
                } catch let error as SwiftwaterError where error.isRetryable {
                    failures += 1
                    guard failures < client.settings.retries.attempts else { throw error }
                    client.settings.retries.wait(after: failures)
                }
                try settle(path)
                guard let found = try status(path)?.byteCount, (length...end).contains(found) else {
                    throw SwiftwaterError(
                        .io, "someone else wrote to the file while it was written", at: .init(file: client.name(path)),
                        remedy: "write the file again; what was there before is unchanged")
                }
                if found == end { return }
                sent = found - length
            }
        }

        private func appendOnce(_ path: String, _ bytes: [UInt8]) throws -> HTTPAnswer {
            var once = client.settings.retries
            once.attempts = 1
            var attempts = 0
            return try client.send(
                .init(method: "POST", name: "APPEND", path: path, body: bytes, expected: Self.lostWriter),
                retries: once,
                attempts: &attempts
            ).answer
        }

        /// Waits until a file has no writer, by appending nothing to it. Its length is final then.
        private func settle(_ path: String) throws {
            var (waits, failures) = (0, 0)
            while true {
                do {
                    let answer = try appendOnce(path, [])
                    if (200..<300).contains(answer.status) { return }
                    waits += 1
                    guard waits < Self.leasePauses else { throw WebHDFSError(answer).error(client.name(path)) }
                    client.settings.retries.pause(Self.leasePause)
                } catch let error as SwiftwaterError where error.isRetryable && waits < Self.leasePauses {
                    failures += 1
                    guard failures < client.settings.retries.attempts else { throw error }
                    client.settings.retries.wait(after: failures)
                }
            }
        }
    }
#endif
