#if Services
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// Whatever takes a file takes an address in a store. Runs on the stores that `SWIFTWATER_TEST_STORES` names.
    @Suite(
        .serialized,
        .enabled(if: !StoreKills.urls.isEmpty, "no store is named in SWIFTWATER_TEST_STORES"))
    struct StoreCommandTests {
        private func run(_ arguments: [String]) throws -> String {
            let result = try Program(arguments).wait()
            #expect(result.status == 0, "\(arguments): \(result.error)")
            return result.output + result.error
        }

        /// The case study of films, from generating them to the lists, without a local file.
        @Test(arguments: StoreKills.urls)
        func filmsNeedNoLocalFile(url: String) throws {
            let place = url + "-films"
            let (ratings, movies, model) = (
                place + "/data/ratings.csv", place + "/data/movies.csv", place + "/films.model"
            )
            _ = try run(["generate", "ratings", "--preset", "100k", "--seed", "7", "--out", place + "/data"])
            #expect(try run(["ratings", "summary", ratings]).contains("ratings           100,000"))
            #expect(try run(["ratings", "matrix", ratings, "--movies", movies]).contains("?"))
            let trained = try run([
                "train", ratings, "--movies", movies, "--max-iterations", "3", "--checkpoint", place + "/part", "--out",
                model,
            ])
            #expect(trained.contains("Like ") && trained.contains("model written to \(model)"))
            // The same file on the disk gives the same model.
            let folder = try TemporaryDirectory()
            _ = try run(["generate", "ratings", "--preset", "100k", "--seed", "7", "--out", folder.path])
            _ = try run([
                "train", folder.file("ratings.csv"), "--max-iterations", "3", "--out", folder.file("films.model"),
            ])
            RemoteStores.register()
            #expect(try URLFileSystem().read(model) == LocalFileSystem().read(folder.file("films.model")))
            #expect(try run(["evaluate", "--model", model, ratings]).contains("RMSE"))
            let user = try run(["recommend", "--model", model, "--user", "42", "--movies", movies])
            #expect(user.contains("Top 10 items for user 42"))
            _ = try run(["recommend", "--model", model, "--for-users", "2", "--out", place + "/top.csv"])
            #expect(try URLFileSystem().read(place + "/top.csv").starts(with: Array("userId,rank".utf8)))
            _ = try run(["tune", ratings, "--max-iterations", "1,2", "--plot", place + "/rmse.svg"])
            #expect(try URLFileSystem().read(place + "/rmse.svg").starts(with: Array("<svg".utf8)))
            let query = ["sql", "--table", "r=" + ratings, "SELECT count(*) FROM r"]
            #expect(try run(query).contains("100000"))
            // A cache beside it, which the second reading uses.
            for _ in 0..<2 { _ = try run(["ratings", "summary", ratings, "--cache"]) }
            #expect(try URLFileSystem().exists(ratings + ".swratings"))
            let missing = try Program(["train", place + "/none.csv"]).wait()
            #expect(missing.status == 66 && missing.error.contains("/none.csv"), "\(missing.error)")
        }

        /// What a stream keeps is copied to the store, and back.
        @Test(arguments: StoreKills.urls)
        func statesAreBackedUp(url: String) throws {
            let place = url + "-backup-\(UInt32.random(in: 0 ... .max))"
            let folder = try TemporaryDirectory()
            let posts = try folder.write("posts.txt", (0..<2000).map { "a post about #k\($0 % 9)\n" }.joined())
            let state = folder.file("state")
            let trends = ["trends", "--source", "file:" + posts, "--checkpoint"]
            _ = try run(trends + [state])
            #expect(try run(["checkpoint", "backup", state, place]).contains(" bytes in \(place)"))
            #expect(try run(["checkpoint", "restore", place, "--dry-run"]).contains("good, "))
            let again = try Program(["checkpoint", "backup", state, place]).wait()
            #expect(again.status == 64 && again.error.contains("there is something at the place"), "\(again.error)")
            #expect(try run(["checkpoint", "restore", place, folder.file("back")]).contains(" files, "))
            let listed = try run(["checkpoint", "list", state])
            #expect(try !listed.isEmpty && run(["checkpoint", "list", folder.file("back")]) == listed)
            _ = try run(["checkpoint", "verify", folder.file("back")])
            // A state in the store is copied to the disk in the same way.
            let remote = place + "-state"
            let metrics = folder.file("metrics")
            _ = try run(trends + [remote, "--metrics-file", metrics])
            let text = try String(contentsOfFile: metrics, encoding: .utf8)
            let root = url.split(separator: "/").prefix(2).joined(separator: "//") + "/"
            #expect(text.contains("swiftwater_posts_total 2000\n"))
            #expect(text.contains("swiftwater_store_waiting{store=\"\(root)\"} 0\n"), "\(text)")
            #expect(text.contains(/swiftwater_store_requests_total\{store="[^"]*"\} [1-9]/))
            _ = try run(["checkpoint", "backup", remote, folder.file("copy")])
            _ = try run(["checkpoint", "restore", folder.file("copy"), folder.file("local")])
            _ = try run(["checkpoint", "verify", folder.file("local")])
        }

        /// An archive, plain and gzip, gives the same tables as from the disk, and a prefix is followed.
        @Test(arguments: StoreKills.urls)
        func postsNeedNoLocalFile(url: String) throws {
            let place = url + "-posts"
            let archive = place + "/archive/posts.ndjson"
            let generate = ["generate", "posts", "--preset", "100k", "--seed", "7", "--format", "ndjson", "--out"]
            let folder = try TemporaryDirectory()
            _ = try run(generate + [archive])
            _ = try run(generate + [folder.file("posts.ndjson")])
            let more = ["--event-time", "--window", "10m", "--slide", "5m", "--json"]
            func tables(_ path: String) throws -> String {
                try Program(["trends", "--source", "file:" + path] + more).wait().output
            }
            let expected = try tables(folder.file("posts.ndjson"))
            #expect(expected.contains("#newalbum"))
            #expect(try tables(archive) == expected)
            #expect(try tables(place + "/archive") == expected)
            let packed = try Program(executable: URL(filePath: "/usr/bin/gzip"), ["-k", folder.file("posts.ndjson")])
                .wait()
            #expect(packed.status == 0)
            RemoteStores.register()
            try URLFileSystem().replace(
                place + "/posts.ndjson.gz", with: LocalFileSystem().read(folder.file("posts.ndjson.gz")))
            #expect(try tables(place + "/posts.ndjson.gz") == expected)
            // Files that appear under a prefix.
            let incoming = place + "/incoming-\(UInt32.random(in: 0 ... .max))"
            let program = try Program([
                "trends", "--source", "files:" + incoming, "--batch", "500ms", "--window", "5s", "--slide", "500ms",
                "--json",
                "--trace-batches", folder.file("trace"),
            ])
            #expect(try StoreKills.waits { try !KillTrace(folder.file("trace")).batches.isEmpty })
            _ = try run(["generate", "posts", "--preset", "100k", "--out", incoming + "/one.txt"])
            #expect(try StoreKills.waits { try KillTrace(folder.file("trace")).posts.count >= 100_000 })
            program.terminate()
            let result = program.wait()
            #expect(result.status == 0 && result.output.contains("\"posts\":100000"), "\(result.error)")
        }
    }
#endif
