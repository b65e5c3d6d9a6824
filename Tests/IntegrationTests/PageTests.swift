#if Server
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// Tests the page in a real browser, served by the real program.
    @Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct PageTests {
        /// The server comes back on the same port after a restart.
        let port: Int
        var base: String { "http://127.0.0.1:\(port)" }

        init() throws { port = try FreePort.choose() }

        private func serve(_ folder: TemporaryDirectory) async throws -> Program {
            let program = try Program([
                "serve", "--port", "\(port)", "--model", folder.file("films.model"), "--movies",
                folder.file("data/movies.csv"), "--state", folder.file("state"), "--batch", "250ms", "--slide", "250ms",
                "--window", "5s", "--window", "1h", "--name", "Lakeside",
            ])
            try await Web.wait(base + "/readyz")
            return program
        }

        private func prepare() throws -> TemporaryDirectory {
            let folder = try TemporaryDirectory()
            #expect(
                try Program.run("generate", "ratings", "--preset", "100k", "--out", folder.file("data")).status == 0)
            let training = try Program.run(
                "train", "--train", folder.file("data/ratings.csv"), "--out", folder.file("films.model"))
            #expect(training.status == 0, "\(training.error)")
            return folder
        }

        private func say(_ text: String, tags: [String] = [], count: Int = 1) async throws {
            let list = tags.map { "{\"text\":\(JSONValue.quoted($0))}" }.joined(separator: ",")
            let lines = (0..<count).map { number in
                "{\"created_at\":\"Tue Nov 24 12:00:00 +0000 2026\",\"id_str\":\(JSONValue.quoted("\(text) \(number)")),\"text\":\(JSONValue.quoted(text)),"
                    + "\"user\":{\"id_str\":\"\(number)\"},\"entities\":{\"hashtags\":[\(list)]}}\n"
            }
            let answer = try await Web.send(
                "POST", base + "/v1/posts", lines.joined(), type: "application/x-ndjson")
            #expect(answer.status == 202)
        }

        private static let rows = "[...document.querySelectorAll('#trend-rows tr:not(.detail)')]"

        @Test(.enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
        func thePageIsAlive() async throws {
            try await withTaskExecutorPreference(OwnThreads.shared) { try await lookAtThePage() }
        }

        private func lookAtThePage() async throws {
            let folder = try prepare()
            var program = try await serve(folder)
            defer { program.terminate() }
            let browser = try await Browser(port: FreePort.choose())
            defer { browser.end() }
            try await browser.look(width: 1440, height: 1000, isDark: false)
            try await browser.open(base + "/")
            try await browser.wait("document.getElementById('connection-text').textContent === 'Live'")
            try await browser.wait("document.title === 'Lakeside'")

            try await updatesLive(browser)
            try await hostileTextIsText(browser)
            try await ratingsChangeTheList(browser)
            try await pictures(browser)

            // The server is killed and restarted: the page reconnects by itself and keeps the focus.
            _ = try await browser.value("document.querySelector('#windows input:checked').focus()")
            kill(program.pid, SIGKILL)
            _ = program.wait()
            try await browser.wait("document.getElementById('connection').className === 'lost'")
            program = try await serve(folder)
            try await browser.wait("document.getElementById('connection').className === 'live'")
            #expect(try await browser.value("document.activeElement.name") == .string("windows"))
            try await say("back again", tags: ["afterwards"], count: 30)
            try await browser.wait("\(Self.rows).some((row) => row.textContent.includes('#afterwards'))")
            try await browser.close()
            program.terminate()
            #expect(program.wait().status == 0)
        }

        private func updatesLive(_ browser: Browser) async throws {
            try await say("a first post", tags: ["Lake"], count: 3)
            let row = "\(Self.rows).find((row) => row.textContent.includes('#Lake'))"
            // The longer window, which no row leaves while this test runs.
            _ = try await browser.value("document.querySelector('#windows input[value=\"1h\"]').click()")
            try await browser.wait("document.getElementById('trends-note').textContent.includes('in the last 1h')")
            try await browser.wait("\(row) && \(row).children[3].textContent === '3'")
            // The focus stays while rows change.
            _ = try await browser.value("document.querySelector('.tag').focus()")
            try await say("and more", tags: ["Lake"], count: 5)
            try await browser.wait("\(row) && Number(\(row).children[3].textContent) === 8")
            #expect(try await browser.value("document.activeElement.className") == .string("tag"))
            // A tag keeps its row, and a selection in it stays.
            _ = try await browser.value(
                "(window.kept = document.querySelector('.tag').closest('tr'), document.querySelector('.tag').click())")
            try await browser.wait("document.querySelector('.detail li') !== null")
            _ = try await browser.value("getSelection().selectAllChildren(document.querySelector('.detail li'))")
            try await say("once more", tags: ["Lake"], count: 4)
            try await browser.wait("\(row) && Number(\(row).children[3].textContent) === 12")
            #expect(
                try await browser.value("window.kept === document.querySelector('.tag').closest('tr')") == .bool(true))
            #expect(try await browser.value("getSelection().toString().length > 0") == .bool(true))
            _ = try await browser.value("(getSelection().empty(), document.querySelector('.tag').click())")
            // Sort by authors.
            _ = try await browser.value("document.querySelector('#orders input[value=\"authors\"]').click()")
            try await browser.wait("\(row) && \(row).children[4].textContent === '5'")
        }

        private func hostileTextIsText(_ browser: Browser) async throws {
            let tags = [
                "<img src=x onerror=document.title='taken'>", "\u{202E}desrever",
                "z" + String(repeating: "\u{301}", count: 280),
                "\u{1B}[31mred\u{7}", "<script>document.title='taken'</script>",
            ]
            try await say("see <b onclick=alert(1)>here</b> \u{202E}", tags: tags, count: 40)
            try await browser.wait("\(Self.rows).some((row) => row.textContent.includes('<img src=x'))")
            _ = try await browser.value(
                "\(Self.rows).find((row) => row.textContent.includes('<img')).querySelector('.tag').click()")
            try await browser.wait("document.querySelector('tr.detail li')")
            #expect(
                try await browser.value("document.querySelector('tr.detail li').textContent.includes('<b onclick')")
                    == .bool(true))
            #expect(
                try await browser.value(
                    "document.querySelectorAll('#trend-rows img, #trend-rows script, #trend-rows b').length")
                    == .integer(0))
            #expect(try await browser.value("document.title") == .string("Lakeside"))
            #expect(try await browser.value(#"/[\u202e\u001b\u0007]/.test(document.body.textContent)"#) == .bool(false))
            // All rows have the same height.
            let heights = try await browser.value(
                "[...new Set(\(Self.rows).map((row) => Math.round(row.getBoundingClientRect().height)))].length")
            #expect(heights == .integer(1))
        }

        private func ratingsChangeTheList(_ browser: Browser) async throws {
            _ = try await browser.value(
                "(document.getElementById('user').value = '5', document.querySelector('#user-form button').click())")
            let titles = "[...document.querySelectorAll('#film-list .title')].map((title) => title.textContent)"
            try await browser.wait(
                "\(titles).length === 10 && document.getElementById('films-note').textContent.includes('For 5')")
            let first = try await browser.value("\(titles)[0]")
            // Show the explanation.
            _ = try await browser.value("document.querySelector('#film-list .title').click()")
            try await browser.wait("(document.querySelector('.why') || {}).textContent?.startsWith('Because of')")
            // Rate by keyboard; the focus stays in the list.
            let star = "document.querySelector('#film-list .stars button')"
            _ = try await browser.value("(\(star).focus(), \(star).click())")
            try await browser.wait("\(titles)[0] !== \(JSONValue.quoted(first.string ?? ""))")
            try await browser.wait(
                "document.getElementById('films-note').textContent.includes('from all ratings so far')")
            try await browser.wait("document.activeElement === document.querySelector('#film-list .title')")
            // Retrain and wait for the curve.
            _ = try await browser.value("document.getElementById('retrain').click()")
            try await browser.wait("document.querySelectorAll('#curve circle').length === 10")
        }

        private func pictures(_ browser: Browser) async throws {
            _ = try await browser.value("document.querySelector('#orders input[value=\"count\"]').click()")
            for (width, height) in [(360, 800), (1440, 1000), (3840, 2000)] {
                for isDark in [false, true] {
                    try await browser.look(width: width, height: height, isDark: isDark)
                    try await browser.wait("document.readyState === 'complete'")
                    // Nothing overflows horizontally.
                    #expect(
                        try await browser.value("document.documentElement.scrollWidth <= innerWidth") == .bool(true),
                        "\(width)")
                    // Tags are readable while the details of one are open.
                    try await browser.wait("document.querySelector('.tag').parentElement.clientWidth > 90")
                    try await browser.picture("page-\(width)-\(isDark ? "dark" : "light")")
                }
            }
            try await browser.look(width: 1440, height: 1000, isDark: false)
        }
    }
#endif
