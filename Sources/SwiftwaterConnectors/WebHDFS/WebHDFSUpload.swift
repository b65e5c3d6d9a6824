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
            try sendRest()
            isDone = true
            return try store.rename(temporary!, to: key)
        }

        func commitIfAbsent() throws -> ObjectVersion? {
            try sendRest()
            isDone = true
            return try store.renameIfAbsent(temporary!, to: key)
        }

        private func sendRest() throws { if temporary == nil || !buffer.isEmpty { try sendPart() } }

        func abandon() {
            guard !isDone else { return }
            isDone = true
            if let temporary { try? store.remove(temporary) }
        }
    }

    extension WebHDFSStore {
        /// Appends bytes to a file of known length.
        ///
        /// - Throws: `io` if a data node was lost and left a part of them in the file.
        func append(_ path: String, _ bytes: [UInt8], at length: Int) throws {
            var failures = 0
            while true {
                do {
                    var attempts = 0
                    var once = client.settings.retries
                    once.attempts = 1
                    _ = try client.send(
                        .init(method: "POST", name: "APPEND", path: path, body: bytes), retries: once,
                        attempts: &attempts)
                    return
                } catch let error as SwiftwaterError where error.isRetryable {
                    failures += 1
                    guard failures < client.settings.retries.attempts else { throw error }
                    client.settings.retries.wait(after: failures)
                    switch try status(path)?.byteCount {
                    case length + bytes.count: return
                    case length: continue
                    default:
                        throw SwiftwaterError(
                            .io, "a data node was lost in the middle of a part", at: .init(file: client.name(path)),
                            remedy: "write the file again; what was there before is unchanged", cause: error)
                    }
                }
            }
        }
    }
#endif
