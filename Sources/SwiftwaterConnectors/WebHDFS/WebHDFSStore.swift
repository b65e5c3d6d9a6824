#if Services
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// A directory of HDFS, through WebHDFS (Hadoop's REST interface).
    ///
    /// An object is written under a temporary name and renamed, so that it appears whole. What fails for a while is
    /// tried again; a read whose data node is lost goes on at another one. Costs are in `docs/HDFS.md`.
    public final class WebHDFSStore: ObjectStore {
        /// The directory, from `/`, without a slash at its end.
        public let directory: String
        let client: WebHDFSClient

        /// Creates a store. Nothing is sent before the first use.
        ///
        /// - Parameters:
        ///   - directory: the directory, from `/`.
        ///   - settings: where the name node is.
        /// - Throws: `invalidArgument` for an address that is none.
        public init(directory: String = "/", settings: WebHDFSSettings) throws {
            self.directory = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
            client = try WebHDFSClient(settings)
        }

        /// What was sent and received.
        public var traffic: StoreTraffic { client.traffic }

        /// Returns the object's address, such as `webhdfs://namenode:9870/path`.
        public func name(of key: String) -> String { client.name(directory + "/" + key) }

        func path(_ key: String) throws -> String {
            try ObjectKey.check(key)
            return directory + "/" + key
        }

        // MARK: Writing

        /// Writes an object, replacing any object with the key.
        @discardableResult
        public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
            let file = try written(key, bytes)
            return try rename(file, to: key)
        }

        /// Writes an object if there is none with the key.
        public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
            if try info(key) != nil { return nil }
            return try renameIfAbsent(written(key, bytes), to: key)
        }

        /// A file under its temporary name. Its version is the same under any name.
        typealias Written = (path: String, version: ObjectVersion)

        private func written(_ key: String, _ bytes: [UInt8]) throws -> Written {
            for attempt in 1...max(1, client.settings.retries.attempts) {
                let temporary = try create(key, bytes)
                if let file = try whole(temporary, bytes.count) { return file }
                try? remove(temporary)
                client.settings.retries.wait(after: attempt)
            }
            throw incomplete(key)
        }

        /// Returns a file that has all of its bytes. While a name node is killed and restarts, a data node may report a
        /// write as done of which the name node then has nothing.
        func whole(_ path: String, _ byteCount: Int) throws -> Written? {
            guard let found = try status(path), found.byteCount == byteCount else { return nil }
            return (path, found.version)
        }

        /// Creates a file under a temporary name, and returns its path. Each attempt has its own name: what is left of
        /// one whose data node was lost may still be locked.
        func create(_ key: String, _ bytes: [UInt8]) throws -> String {
            let path = try path(key)
            var once = client.settings.retries
            once.attempts = 1
            var failures = 0
            while true {
                let temporary = "\(path).tmp-\(String(UInt64.random(in: .min ... .max), radix: 36))"
                do {
                    var attempts = 0
                    _ = try client.send(
                        .init(
                            method: "PUT", name: "CREATE", path: temporary, parameters: [("overwrite", "true")],
                            body: bytes), retries: once, attempts: &attempts)
                    return temporary
                } catch let error as SwiftwaterError {
                    try? remove(temporary)
                    failures += 1
                    guard error.isRetryable, failures < client.settings.retries.attempts else { throw error }
                    client.settings.retries.wait(after: failures)
                }
            }
        }

        func rename(_ file: Written, to key: String) throws -> ObjectVersion {
            var attempts = 0
            let path = try path(key)
            let answer = try client.send(
                .init(
                    method: "PUT", name: "RENAME", path: file.path,
                    parameters: [("destination", path), ("renameoptions", "OVERWRITE")],
                    expected: ["FileNotFoundException"]), attempts: &attempts
            ).answer
            if answer.status >= 300, try attempts == 1 || status(path)?.version != file.version {
                throw WebHDFSError(answer).error(client.name(path))
            }
            return file.version
        }

        /// Renames a file if there is none of the name. Answers nil, and removes it, if there is one.
        func renameIfAbsent(_ file: Written, to key: String) throws -> ObjectVersion? {
            let path = try path(key)
            for _ in 0..<client.settings.retries.attempts {
                let answer = try client.send(
                    .init(
                        method: "PUT", name: "RENAME", path: file.path, parameters: [("destination", path)],
                        expected: ["FileNotFoundException"]))
                let isDone = (try? JSONValue(parsing: answer.text))?["boolean"]?.bool == true
                // It also answers false to a request that it has applied already.
                if try isDone || status(path)?.version == file.version { return file.version }
                if try status(path) != nil {
                    try remove(file.path)
                    return nil
                }
                client.settings.retries.wait(after: 1)
            }
            try? remove(file.path)
            throw SwiftwaterError(
                .io, "the file could not be renamed", at: .init(file: client.name(path)),
                remedy: "check that its directory can be created")
        }

        func incomplete(_ key: String) -> SwiftwaterError {
            SwiftwaterError(
                .io, "a part of the file was lost while it was written", at: .init(file: name(of: key)),
                remedy: "write it again", isRetryable: true)
        }

        /// Begins an object of unknown length, which is sent in parts.
        public func upload(_ key: String) throws -> any ObjectUpload {
            try ObjectKey.check(key)
            return WebHDFSUpload(self, key: key)
        }

        /// Removes an object. Does nothing if there is none.
        public func delete(_ key: String) throws { try remove(path(key)) }

        func remove(_ path: String) throws {
            _ = try client.send(.init(method: "DELETE", name: "DELETE", path: path))
        }

        // MARK: Reading

        /// A file as the name node describes it.
        struct Status {
            let isFile: Bool
            let byteCount: Int
            let version: ObjectVersion

            init?(_ value: JSONValue?) {
                guard let value, let length = value["length"]?.integer else { return nil }
                isFile = value["type"]?.string == "FILE"
                byteCount = Int(length)
                let (number, time) = (value["fileId"]?.integer ?? 0, value["modificationTime"]?.integer ?? 0)
                version = ObjectVersion("\(number)-\(time)-\(length)")
            }
        }

        func status(_ path: String) throws -> Status? {
            let answer = try client.send(
                .init(method: "GET", name: "GETFILESTATUS", path: path, expected: ["FileNotFoundException"]))
            guard answer.status == 200 else { return nil }
            guard let found = Status(try? JSONValue(parsing: answer.text)["FileStatus"]) else {
                throw SwiftwaterError(
                    .malformedInput, "the answer does not describe a file", at: .init(file: client.name(path)),
                    remedy: "check the host and the HTTP port")
            }
            return found.isFile ? found : nil
        }

        /// Returns an object's length and version; nil if the object does not exist.
        public func info(_ key: String) throws -> ObjectInfo? {
            try status(path(key)).map { ObjectInfo(key: key, byteCount: $0.byteCount, version: $0.version) }
        }

        private func missing(_ key: String) -> SwiftwaterError {
            SwiftwaterError(
                .notFound, "there is no such file", at: .init(file: name(of: key)), remedy: "check the path")
        }

        /// Returns all bytes of an object.
        public func get(_ key: String) throws -> [UInt8] {
            guard let status = try status(path(key)) else { throw missing(key) }
            return try [UInt8](unsafeUninitializedCapacity: status.byteCount) { memory, count in
                count = try read(key, at: 0, into: UnsafeMutableRawBufferPointer(memory), of: status)
            }
        }

        /// Returns the bytes in a range of an object, up to the object's end.
        public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
            try [UInt8](unsafeUninitializedCapacity: range.count) { memory, count in
                count = try read(key, at: range.lowerBound, into: UnsafeMutableRawBufferPointer(memory))
            }
        }

        /// Reads the bytes that begin at `offset` into memory, several parts at a time.
        public func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
            guard let status = try status(path(key)) else { throw missing(key) }
            return try read(key, at: offset, into: memory, of: status)
        }

        /// Reads bytes of one version of an object.
        private func read(
            _ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer, of before: Status
        ) throws -> Int {
            let path = try path(key)
            let count = max(0, min(memory.count, before.byteCount - offset))
            let length = client.settings.partBytes
            let shared = UncheckedSendable(memory)
            guard count > 0 else { return 0 }
            let hasResumed = Monitor(false)
            try ConcurrentParts.run((count + length - 1) / length, threads: client.settings.parallelism) {
                [client] index in
                let place = shared.value[index * length..<min(count, (index + 1) * length)]
                var attempts = 0
                let found = try client.send(
                    .init(method: "GET", name: "OPEN", path: path), into: .init(rebasing: place),
                    at: offset + index * length, attempts: &attempts)
                if attempts > 1 { hasResumed.update { $0 = true } }
                guard found.count == place.count else {
                    throw SwiftwaterError(
                        .io, "the file became shorter while it was read", at: .init(file: client.name(path)),
                        remedy: "read it again", isRetryable: true)
                }
            }
            // The parts have to be of one file. (It cannot change but by being replaced or appended to.)
            let isOnePiece = count <= length && !hasResumed.read { $0 }
            guard try isOnePiece || status(path)?.version == before.version else {
                throw SwiftwaterError(
                    .io, "the file was replaced while it was read", at: .init(file: name(of: key)),
                    remedy: "read it again", isRetryable: true)
            }
            return count
        }

        // MARK: Lists

        /// Returns the objects whose keys begin with a prefix, ordered by the keys' bytes. One request for each
        /// directory.
        public func list(prefix: String) throws -> [ObjectInfo] {
            var found: [ObjectInfo] = []
            func visit(_ folder: String) throws {
                let path = folder.isEmpty ? (directory.isEmpty ? "/" : directory) : directory + "/" + folder.dropLast()
                let answer = try client.send(
                    .init(method: "GET", name: "LISTSTATUS", path: path, expected: ["FileNotFoundException"]))
                guard answer.status == 200 else { return }
                let entries = try JSONValue(parsing: answer.text)["FileStatuses"]?["FileStatus"]?.array ?? []
                for entry in entries {
                    guard let name = entry["pathSuffix"]?.string, !name.isEmpty, let status = Status(entry) else {
                        continue
                    }
                    let key = folder + name
                    if !status.isFile {
                        if (key + "/").hasPrefix(prefix) || prefix.hasPrefix(key + "/") { try visit(key + "/") }
                    } else if key.hasPrefix(prefix), !PathName.isTemporary(name) {
                        found.append(ObjectInfo(key: key, byteCount: status.byteCount, version: status.version))
                    }
                }
            }
            // Begin where all keys with the prefix are.
            try visit(prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? "")
            return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
    }
#endif
