#if Services
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import SwiftwaterTesting
    import TestSupport
    import Testing

    /// What an S3 store promises, at a real service.
    @Suite(.serialized, .enabled(if: S3Service.given != nil, Comment(rawValue: S3Service.missing)))
    struct S3ServiceTests {
        private let service = S3Service.given!

        init() throws { try service.prepare() }

        @Test func theStoreKeepsItsPromises() throws {
            let broken = try StoreChecks.brokenPromises(prefix: "checks/") { try service.store() }
            #expect(broken.isEmpty)
            // Keys have the prefix, and lists leave it out. Small parts: everything goes through several.
            let small = try StoreChecks.brokenPromises(prefix: "") {
                try service.store("with a prefix/ä+%20/") { ($0.partBytes, $0.parallelism) = (100_000, 3) }
            }
            #expect(small.isEmpty)
            #expect(try service.store().list(prefix: "").isEmpty)
        }

        @Test func tenThousandKeysAreListed() throws {
            let store = try service.store("many/")
            try ConcurrentParts.run(10_000, threads: 16) { try store.put("a b/\($0)", []) }
            let before = store.traffic.counts.requests
            let found = try store.list(prefix: "")
            #expect(found.map(\.key) == (0..<10_000).map { "a b/\($0)" }.sorted())
            #expect(store.traffic.counts.requests - before == 10)
            try ConcurrentParts.run(10_000, threads: 16) { try store.delete("a b/\($0)") }
            #expect(try store.list(prefix: "").isEmpty)
        }

        /// A connection that breaks within a range goes on where it was.
        @Test func aReadGoesOnAfterACut() throws {
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 5) }
            try service.store().put("cut", bytes)
            let proxy = try CuttingProxy(to: service.port, cuts: [700, 400_000, 1, 900_000, 250_000])
            defer { proxy.stop() }
            let pauses = Monitor<[Duration]>([])
            let store = try service.store {
                $0.endpoint = "http://127.0.0.1:\(proxy.port)"
                $0.retries.pause = { length in pauses.update { $0.append(length) } }
            }
            #expect(try store.get("cut") == bytes)
            #expect(pauses.read { $0.count } == 5)
            let counts = store.traffic.counts
            #expect(counts.retries == 5 && counts.receivedBytes >= bytes.count)
            // What came before the cut was not asked for again.
            #expect(counts.receivedBytes < bytes.count + 10_000)
            try store.delete("cut")
        }

        /// An object that is replaced between the cut and the rest of a read is an error, not a mixture.
        @Test func aReadDoesNotGoOnInAnotherVersion() throws {
            let store = try service.store()
            try store.put("replaced", [UInt8](repeating: 1, count: 300_000))
            let proxy = try CuttingProxy(to: service.port, cuts: [100_000])
            defer { proxy.stop() }
            let cut = try service.store {
                $0.endpoint = "http://127.0.0.1:\(proxy.port)"
                $0.retries.pause = { _ in _ = try? store.put("replaced", [UInt8](repeating: 2, count: 300_000)) }
            }
            let error = #expect(throws: SwiftwaterError.self) { try cut.get("replaced", 0..<300_000) }
            #expect(error?.message.contains("replaced while it was read") == true, "\(error!)")
            try store.delete("replaced")
        }

        /// The numbers of requests in docs/S3.md.
        @Test func operationsCostWhatThePageSays() throws {
            let store = try service.store("costs/")
            func requests(_ body: () throws -> Void) rethrows -> Int {
                let before = store.traffic.counts.requests
                try body()
                return store.traffic.counts.requests - before
            }
            let part = [UInt8](repeating: 7, count: 8 << 20)
            #expect(try requests { try store.put("one", part) } == 1)
            #expect(try requests { _ = try store.get("one") } == 2)
            let longer = try requests {
                let upload = try store.upload("longer")
                for _ in 0..<3 { try part.withUnsafeBytes { try upload.write($0) } }
                _ = try upload.commit()
            }
            #expect(longer == 3 + 3)
            #expect(try requests { _ = try store.get("longer") } == 1 + 3)
            #expect(try requests { _ = try store.list(prefix: "") } == 1)
            for key in ["one", "longer"] { try store.delete(key) }
        }

        private func refusal(
            _ change: (inout S3Settings) -> Void, bucket: String = S3Service.bucket,
            _ work: (S3Store) throws -> Void = { _ = try $0.get("key") }
        ) throws -> SwiftwaterError {
            var settings = service.settings
            settings.retries.pause = { _ in }
            change(&settings)
            let store = try S3Store(bucket: bucket, settings: settings)
            let error = #expect(throws: SwiftwaterError.self) { try work(store) }
            return try #require(error)
        }

        @Test func whatIsWrongIsSaid() throws {
            let secret = try refusal { $0.credentials!.secretAccessKey = "wrong-secret" }
            #expect(secret.code == .denied && secret.message.contains("secret key does not match"), "\(secret)")
            #expect(!"\(secret)".contains("wrong-secret"))
            let key = try refusal { $0.credentials!.accessKeyID = "NOBODY" }
            #expect(key.code == .denied && key.message.contains("does not know the access key"), "\(key)")
            let anonymous = try refusal { $0.isAnonymous = true }
            #expect(anonymous.code == .denied && anonymous.message.contains("without credentials"), "\(anonymous)")
            let bucket = try refusal({ _ in }, bucket: "swiftwater-none")
            #expect(bucket.code == .notFound && bucket.message.contains("bucket 'swiftwater-none'"), "\(bucket)")
            let list = try refusal({ _ in }, bucket: "swiftwater-none") { _ = try $0.list(prefix: "") }
            #expect(list.code == .notFound && list.location?.file == "s3://swiftwater-none/", "\(list)")
            let put = try refusal({ _ in }, bucket: "swiftwater-none") { try $0.put("key", [1]) }
            #expect(put.code == .notFound, "\(put)")
            let object = try refusal { _ in }
            #expect(object.code == .notFound && object.message.contains("no such object"), "\(object)")
            let nobody = try refusal { $0.endpoint = "http://127.0.0.1:9" }
            #expect(nobody.code == .network && nobody.message.contains("127.0.0.1:9"), "\(nobody)")
        }

        /// An upload in parts leaves nothing if it is given up, and nobody sees it before it is whole.
        @Test func uploadsInPartsAreWholeOrNothing() throws {
            let store = try service.store("parts/")
            let piece = [UInt8](repeating: 7, count: 3_000_000)
            do {
                let upload = try store.upload("gone")
                for _ in 0..<5 { try piece.withUnsafeBytes { try upload.write($0) } }
                // Destroyed without a commit.
            }
            #expect(try store.list(prefix: "").isEmpty)
            try store.put("there", [1])
            let upload = try store.upload("there")
            for _ in 0..<5 { try piece.withUnsafeBytes { try upload.write($0) } }
            #expect(try store.get("there") == [1])
            #expect(try upload.commitIfAbsent() == nil)
            #expect(try store.get("there") == [1])
            try store.delete("there")
        }
    }

    /// A service that ignores conditions keeps all other promises.
    @Suite(.serialized, .enabled(if: S3Service.simple != nil, "no service is named in SWIFTWATER_TEST_S3_SIMPLE"))
    struct S3SimpleServiceTests {
        @Test func itKeepsAllPromisesWithoutConditions() throws {
            let service = S3Service.simple!
            try service.prepare()
            let broken = try StoreChecks.brokenPromises(prefix: "checks/") { try service.store() }
            // nanio also decodes a key twice before it checks the signature.
            let known = ["putIfAbsent", "bytes of the call that succeeded", "must be new", "stays as it was", "'%41'"]
            #expect(broken.allSatisfy { promise in known.contains { promise.contains($0) } }, "\(broken)")
        }
    }
#endif
