#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterFormats
    import TestSupport
    import Testing

    /// Damage to what a server stored: refused with the place and a way on, which loses only what cannot be read.
    @Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct DamageTests {
        private let folder = try! TemporaryDirectory()
        private var state: String { folder.file("state") }

        private func start(_ arguments: [String]) throws -> (program: Program, address: String) {
            let program = try Program(
                executable: URL(filePath: Program.path), ["serve", "--port", "0", "--state", state] + arguments,
                input: nil)
            let address = program.waitForOutput { output, _ in
                output.range(of: "http://[^ ]*/", options: .regularExpression).map { String(output[$0]) }
            }
            return (program, try #require(address))
        }

        /// Zeros a sector in the middle of the largest segment of a log.
        private func zero(sectorIn journal: String) throws -> String {
            let names = try FileManager.default.contentsOfDirectory(atPath: journal).filter { $0.hasSuffix(".log") }
            let path = try #require(
                names.map { journal + "/" + $0 }.max { (try? size($0)) ?? 0 < (try? size($1)) ?? 0 })
            var bytes = try LocalFileSystem().read(path)
            let begin = bytes.count / 2 / 512 * 512
            for index in begin..<begin + 512 { bytes[index] = 0 }
            try Data(bytes).write(to: URL(filePath: path))
            return path
        }

        private func size(_ path: String) throws -> Int { try LocalFileSystem().read(path).count }

        /// Checks that the damage is refused, listed and repaired.
        private func repair(_ path: String, _ serve: [String], _ name: String) throws -> Int {
            let refused = try Program(["serve", "--port", "0", "--state", state] + serve).wait()
            #expect(refused.status == 65, "\(refused.error)")
            #expect(refused.error.contains(path) && refused.error.contains("checkpoint repair"), "\(refused.error)")
            let verified = try Program.run("checkpoint", "verify", state)
            #expect(verified.status == 65 && verified.output.contains("\(name)  ") && verified.output.contains(path))
            let before = try LocalFileSystem().read(path)
            let dry = try Program.run("checkpoint", "repair", state, "--dry-run")
            #expect(dry.status == 0 && dry.output.contains("nothing was changed"), "\(dry)")
            #expect(try LocalFileSystem().read(path) == before)
            let listed = try Program.run("checkpoint", "repair", state, "--dry-run", "--json")
            let members = try JSONValue(parsing: listed.output)["logs"]?.array?.first
            #expect(members?["damage"]?.array?.first?["path"]?.string?.contains(path) == true, "\(listed)")
            #expect(members?["lost"]?.integer != nil && listed.output.contains("\"copies\":null"), "\(listed)")
            let repaired = try Program.run("checkpoint", "repair", state)
            #expect(repaired.status == 0 && repaired.output.contains(path), "\(repaired)")
            let lost = try #require(
                repaired.output.range(of: "[0-9]+ records? lost", options: .regularExpression).map {
                    Int(repaired.output[$0].split(separator: " ")[0])
                } ?? nil)
            let copies = try Program.shell(
                "find \(state) -path '*.damaged-*' -name '\(path.split(separator: "/").last!)'")
            #expect(try LocalFileSystem().read(copies.output.trimmingCharacters(in: .whitespacesAndNewlines)) == before)
            #expect(try Program.run("checkpoint", "verify", state).status == 0)
            #expect(try Program.run("checkpoint", "repair", state).output == "nothing to repair\n")
            return lost
        }

        @Test func damagedRatingsAreRefusedAndRepaired() throws {
            let rows = (0..<400).map { "\($0 % 20),\($0 % 17),\(1 + $0 % 5)\n" }.joined()
            let ratings = try folder.write("r.csv", "userId,movieId,rating\n" + rows)
            let model = folder.file("m.model")
            #expect(try Program.run("train", ratings, "--out", model).status == 0)
            let options = ["--model", model]
            let (program, address) = try start(options)
            let post = "curl -s -H 'content-type: application/json' \(address)v1/ratings -d"
            let commands = (0..<300).map {
                "\(post) '{\"user\":\"u\($0)\",\"item\":\"\($0 % 17)\",\"rating\":4}'"
            }
            let answers = try Program.shell(commands.joined(separator: "\n")).output
            #expect(answers.components(separatedBy: "\"accepted\":1").count == 301)
            kill(program.pid, SIGKILL)
            _ = program.wait()
            let path = try zero(sectorIn: state + "/films/ratings")
            let lost = try repair(path, options, "ratings")
            #expect((1...20).contains(lost))
            let (again, second) = try start(options)
            defer { again.terminate() }
            let metrics = try Program.shell("curl -s \(second)metrics").output
            #expect(metrics.contains("swiftwater_live_ratings \(300 - lost)\n"), "\(metrics)")
            again.terminate()
            #expect(again.wait().error.contains("\(lost) records of the log of ratings, which a repair gave up"))
        }

        @Test func damagedPostsAreRefusedAndRepaired() throws {
            let options = ["--batch", "1s", "--window", "10m"]
            let (program, address) = try start(options)
            let post = "curl -s -H 'content-type: text/plain' \(address)v1/posts -d"
            let answers = try Program.shell((0..<100).map { "\(post) 'post \($0) #all'" }.joined(separator: "\n"))
                .output
            #expect(answers.components(separatedBy: "\"accepted\":1").count == 101)
            kill(program.pid, SIGKILL)
            _ = program.wait()
            let path = try zero(sectorIn: state + "/stream/journal")
            let lost = try repair(path, options, "log")
            #expect((1...20).contains(lost))
            let (again, second) = try start(options)
            defer { again.terminate() }
            // Batches are made again one after the other.
            var count = 0
            for _ in 0..<600 where count < 100 - lost {
                let table = try Program.shell("curl -s '\(second)v1/trends?limit=1'").output
                count =
                    table.range(of: "\"count\":[0-9]+", options: .regularExpression)
                    .flatMap { Int(table[$0].dropFirst(8)) } ?? 0
                Thread.sleep(forTimeInterval: 0.1)
            }
            // Some of the lost records may be those of batches, and what a checkpoint has is not lost.
            #expect((100 - lost...100).contains(count))
            again.terminate()
            #expect(again.wait().error.contains("\(lost) records of the log, which a repair gave up"))
        }
    }
#endif
