#if Server
    import DatabaseTestSupport
    import Foundation
    import SwiftwaterFormats
    import TestSupport
    import Testing

    /// Posts that are joined with a database, through the command line.
    @Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct LookupCommandTests {
        private static func posts(_ count: Int) -> String {
            (0..<count).map {
                "{\"id_str\":\"\($0)\",\"text\":\"#t\($0 % 3)\",\"user\":{\"id_str\":\"u\($0 % 4)\"}}\n"
            }.joined()
        }

        @Test(.enabled(if: PostgreSQLServer.isInstalled, Comment(rawValue: PostgreSQLServer.missing)))
        func trendsAreJoinedWithPostgreSQL() throws {
            let server = try PostgreSQLServer()
            setenv("PGPASSFILE", server.passwordFile, 1)
            try server.query(
                """
                CREATE TABLE authors (author_id text PRIMARY KEY, location text);
                INSERT INTO authors VALUES ('u0', 'Wien'), ('u1', 'Graz'), ('u2', 'Wien')
                """)
            let folder = try TemporaryDirectory()
            let path = try folder.write("posts.ndjson", Self.posts(1200))
            let trends = ["trends", "--source", "file:" + path, "--json"]
            let places = try Program(
                trends + ["--enrich", server.address(), "--keys", "author-values"]
            ).wait()
            #expect(places.status == 0, "\(places.error)")
            #expect(
                places.output.contains("\"key\":\"Wien\"") && places.output.contains("\"count\":600")
                    && places.output.contains("\"key\":\"Graz\"") && places.output.contains("\"count\":300"),
                "\(places.output)")
            let sql = "SELECT author_id, upper(location) FROM authors WHERE author_id = ANY($1)"
            let rows = try Program(trends + ["--enrich", server.address(), "--enrich-query", sql]).wait()
            #expect(
                rows.output.contains("\"groups\":{\"location\":{\"WIEN\":200,\"GRAZ\":100}}"),
                "\(rows.output) \(rows.error)")
            // What cannot be looked up ends the program with the reason, or does not count.
            let wrong = try Program(
                trends + ["--enrich", server.address(), "--enrich-table", "nobody"]
            ).wait()
            #expect(wrong.status != 0 && wrong.error.contains("nobody"), "\(wrong.error)")
            let mistake = try Program(
                trends + ["--enrich", server.address(), "--enrich-table", "nobody", "--enrich-failure", "go-on"]
            ).wait()
            #expect(mistake.status != 0 && mistake.error.contains("nobody"), "\(mistake.error)")
            let away = "postgresql://127.0.0.1:\(try FreePort.choose())/x?patience=0"
            let gone = try Program(trends + ["--enrich", away]).wait()
            #expect(gone.status != 0 && gone.error.contains("check that the server runs"), "\(gone.error)")
            let goesOn = try Program(trends + ["--enrich", away, "--enrich-failure", "go-on"]).wait()
            #expect(
                goesOn.status == 0 && goesOn.output.contains("\"count\":400")
                    && goesOn.error.contains("keys that are not known count as missing"), "\(goesOn.error)")
        }

        @Test(arguments: [
            (["--enrich", "x.csv", "--enrich-age", "1m"], "require a database"),
            (["--enrich", "s3://bucket/x.csv", "--enrich-age", "1m"], "require a database"),
            (["--enrich", "mongodb://h/d", "--enrich-query", "x"], "--enrich-query requires --enrich postgresql://"),
            (["--enrich", "redis://h/d"], "--enrich takes a file, postgresql://"),
            (["--keys", "author-values"], "--keys author-values requires --enrich"),
            (["--enrich", "mongodb://h/d", "--enrich-max", "1"], "--enrich-max takes 2 or more"),
            (["--enrich", "mongodb://u:secret@h/d"], "has a password"),
        ])
        func badCommandLinesAreExplained(arguments: [String], says: String) throws {
            for command in [["trends", "--source", "socket://127.0.0.1:1"], ["serve", "--port", "0"]] {
                let result = try Program(command + arguments).wait()
                #expect(result.status == 64 && result.error.contains(says), "\(result.status) \(result.error)")
                #expect(!result.error.contains("secret"))
            }
        }
    }

    extension PageTests {
        /// Live posts with the locations of their authors in MongoDB, counted by location, on the page.
        @Test(
            .enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)),
            .enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
        func thePageCountsLocations() async throws {
            try await withTaskExecutorPreference(OwnThreads.shared) { try await lookAtLocations() }
        }

        private func lookAtLocations() async throws {
            let server = try MongoServer(isReplicaSet: false)
            try server.script(
                """
                places = ['Wien', 'Graz', 'Linz', 'Sankt Pölten']
                db.users.insert_many([{'_id': 'u%d' % n, 'place': {'city': places[min(n % 7, 3)]}} for n in range(40)])
                """)
            let program = try Program([
                "serve", "--port", "\(port)", "--batch", "250ms", "--slide", "250ms", "--window", "1m", "--enrich",
                server.address(), "--enrich-table", "users", "--enrich-key", "_id", "--enrich-by", "place.city",
                "--keys", "author-values",
            ])
            defer { program.terminate() }
            try await Web.wait(base + "/readyz")
            let folder = try TemporaryDirectory()
            let posts = (0..<300).map {
                "{\"id_str\":\"\($0)\",\"text\":\"post \($0)\",\"user\":{\"id_str\":\"u\($0 % 50)\"}}\n"
            }.joined()
            let file = try folder.write("posts", posts)
            let sent = try Program.shell(
                "curl -s -X POST -H 'Content-Type: application/x-ndjson' --data-binary @'\(file)' '\(base)/v1/posts'")
            let browser = try await Browser(port: FreePort.choose())
            defer { browser.end() }
            try await browser.open(base + "/")
            try await browser.wait(
                "[...document.querySelectorAll('#trend-table .tag')].some((tag) => tag.textContent === 'Wien')")
            try await browser.wait(
                "[...document.querySelectorAll('#trend-table tr')].some((row) => row.textContent.includes('Pölten') "
                    + "&& row.textContent.includes('132'))")
            #expect(try await browser.value("document.querySelector('#key-kind').textContent") == .string("Key"))
            for (width, isDark) in [(360, true), (1440, false)] {
                try await browser.look(width: width, height: 1000, isDark: isDark)
                try await browser.picture("locations-\(width)-\(isDark ? "dark" : "light")")
            }
            let metrics = try Program.shell("curl -s '\(base)/metrics'").output
            #expect(metrics.contains("swiftwater_lookup_keys{result=\"found\"} 40\n"), "\(sent.output)")
            #expect(metrics.contains("swiftwater_lookup_keys{result=\"missing\"} 10\n"))
            try await browser.close()
        }
    }
#endif
