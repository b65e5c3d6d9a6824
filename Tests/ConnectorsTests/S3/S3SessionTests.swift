#if Services
    import Foundation
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import TestSupport
    import Testing

    /// Credentials that end, at a real service with a token service: `SWIFTWATER_TEST_S3_SESSIONS` has its address and
    /// keys, and `SWIFTWATER_TEST_S3_ROLE` the role.
    @Suite(
        .serialized,
        .enabled(
            if: S3Service.sessions != nil && S3Service.role != nil, "no role is named in SWIFTWATER_TEST_S3_ROLE"))
    struct S3SessionTests {
        private let service = S3Service.sessions!
        private let folder = try! TemporaryDirectory()
        private let bucket = "swiftwater-session-\(UInt32.random(in: 0 ... .max))"

        /// Sessions of 2 seconds, and reads of hundreds of requests: they go on with the next session.
        @Test func theyAreRenewedInMidRead() throws {
            let source = try service.roleSource(seconds: 2, folder)
            let first = try #require(try source.current())
            #expect(first.sessionToken != nil && first.expiration != nil)
            try service.prepare(bucket, first)
            var settings = service.settings
            (settings.credentials, settings.partBytes, settings.parallelism) = (nil, 20_000, 1)
            let store = try S3Store(bucket: bucket, settings: settings, credentials: source)
            var whole = settings
            whole.partBytes = 8 << 20
            let bytes = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 7) }
            try S3Store(bucket: bucket, settings: whole, credentials: source).put("long", bytes)
            var renewed = 0
            let begin = SystemClock().elapsed()
            while renewed < 3, SystemClock().elapsed() - begin < .seconds(120) {
                let before = try source.current()!.accessKeyID
                #expect(try store.get("long") == bytes)
                if try source.current()!.accessKeyID != before { renewed += 1 }
            }
            #expect(renewed == 3)
            try store.delete("long")
        }

        /// Credentials that have ended are refused, with what to do, and without the token.
        @Test func whatHasEndedIsRefused() throws {
            let ended = try #require(try service.roleSource(seconds: 2, folder).current())
            try service.prepare(bucket, ended)
            var settings = service.settings
            settings.credentials = ended
            let store = try S3Store(bucket: bucket, settings: settings)
            try store.put("key", [1])
            let begin = SystemClock().elapsed()
            var refusal: SwiftwaterError?
            while refusal == nil, SystemClock().elapsed() - begin < .seconds(10) {
                do { _ = try store.get("key") } catch { refusal = error as? SwiftwaterError }
            }
            let error = try #require(refusal)
            #expect(error.code == .denied && "\(error)".contains("temporary credentials have ended"), "\(error)")
            #expect(!"\(error)".contains(ended.sessionToken!.text))
            let wrong = AWSCredentials(
                accessKeyID: ended.accessKeyID, secretAccessKey: ended.secretAccessKey, sessionToken: Secret("bm9uZQ==")
            )
            settings.credentials = wrong
            let token = #expect(throws: SwiftwaterError.self) {
                try S3Store(bucket: bucket, settings: settings).get("key")
            }
            #expect(token?.code == .denied, "\(token!)")
        }
    }
#endif
