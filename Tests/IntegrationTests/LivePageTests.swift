#if Server && Services
    import Foundation
    import LiveTestSupport
    import Swiftwater
    import TestSupport
    import Testing

    extension PageTests {
        /// The page says of each source whether it is connected, since when, and what came and was missed.
        @Test(.enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
        func thePageShowsItsSources() async throws {
            try await withTaskExecutorPreference(OwnThreads.shared) { try await lookAtSources() }
        }

        private func lookAtSources() async throws {
            let folder = try TemporaryDirectory()
            try folder.write("posts.txt", "a post about #lakes\n")
            let live = try LiveServer { _ in .webSocket((0..<40).map { .text(JetstreamEvents.post($0)) }) }
            defer { live.stop() }
            let gone = try FreePort.choose()
            let program = try Program([
                "serve", "--port", "\(port)", "--batch", "250ms", "--slide", "250ms", "--window", "1m", "--source",
                "bluesky=jetstream:ws://127.0.0.1:\(live.port)", "--source", "file=tail:" + folder.file("posts.txt"),
                "--source", "away=mastodon:http://127.0.0.1:\(gone)/public",
            ])
            defer { program.terminate() }
            try await Web.wait(base + "/readyz")
            let browser = try await Browser(port: FreePort.choose())
            defer { browser.end() }
            try await browser.open(base + "/")
            let source = { (name: String) in
                "[...document.querySelectorAll('#sources li')].find((item) => item.textContent.includes('\(name)'))"
            }
            try await browser.wait("\(source("bluesky"))?.className === 'live'")
            try await browser.wait("\(source("bluesky")).textContent.includes('no gaps')")
            try await browser.wait("\(source("file"))?.className === 'live'")
            try await browser.wait("\(source("file")).textContent.includes('posts.txt')")
            try await browser.wait("\(source("away"))?.className === 'lost'")
            for (width, isDark) in [(360, false), (360, true), (1440, true)] {
                try await browser.look(width: width, height: 1000, isDark: isDark)
                #expect(
                    try await browser.value("document.documentElement.scrollWidth <= innerWidth") == .bool(true),
                    "\(width)")
                try await browser.picture("sources-\(width)-\(isDark ? "dark" : "light")")
            }
            try await browser.close()
        }
    }
#endif
