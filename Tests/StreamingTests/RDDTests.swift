import Logging
import SwiftwaterCore
import SwiftwaterStreaming
import Synchronization
import TestSupport
import Testing

@Suite struct RDDTests {
    private let context = Context(master: "local[2]", appName: "tests")

    @Test func masters() throws {
        #expect(try Master(parsing: "local").threads == 1)
        #expect(try Master(parsing: "local[4]").threads == 4)
        #expect(try Master(parsing: "local[*]").threads == WorkerPool.coreCount)
        #expect(try Master(parsing: "sc://host:15002").description == "sc://host:15002")
        for bad in ["", "local[0]", "local[x]", "local[2", "yarn", "local[]", "sc://"] {
            let error = #expect(throws: SwiftwaterError.self) { try Master(parsing: bad) }
            #expect(error?.description.contains("local[N]") == true)
        }
    }

    /// Closures are machine code of this process: a program for a cluster is refused at its start, before a source is
    /// opened, and the error names the first step with a closure.
    @Test(
        arguments: [
            ("map 'words'", { @Sendable (lines: DStream<Int>) in lines.map { $0 + 1 }.named("words").count().print() }),
            ("map", { lines in lines.map { ($0, 1) }.window(.seconds(2)).reduceByKey(+).print() }),
            ("reduce", { lines in lines.reduceByWindow(.seconds(2), slide: .seconds(1), +).print() }),
            ("forEachBatch 'rows'", { lines in lines.window(.seconds(2)).forEachBatch(name: "rows") { _, _ in } }),
            (nil, { lines in lines.count().print() }),
        ] as [(String?, @Sendable (DStream<Int>) -> Void)])
    func closuresOnAClusterAreNamed(step: String?, program: @Sendable (DStream<Int>) -> Void) async throws {
        let context = StreamingContext(
            Context(master: try Master(parsing: "sc://host:15002"), appName: "tests"), batchInterval: .seconds(1))
        program(context.queueStream([[1]]))
        let error = await #expect(throws: SwiftwaterError.self) { try await context.start() }
        #expect(error?.code == .unsupported)
        #expect(error?.location?.streamOperator == step)
        #expect(error?.description.contains("sc://host:15002") == true)
        #expect(error?.remedy?.contains("SwiftwaterSpark") == true)
    }

    @Test func actionsOnAClusterNameTheClosure() throws {
        let context = Context(master: try Master(parsing: "sc://host:15002"), appName: "tests")
        let pairs = context.parallelize([1, 2]).map { ($0, 1) }
        for action in [
            { _ = try pairs.reduceByKey(+).collect() }, { _ = try pairs.take(1) }, { _ = try pairs.count() },
        ] {
            let error = #expect(throws: SwiftwaterError.self) { try action() }
            #expect(error?.location?.streamOperator == "map")
        }
    }

    @Test func logLevelIsKept() {
        let context = Context(master: "local", appName: "tests")
        context.logLevel = .error
        #expect(context.logLevel == .error)
    }

    @Test func narrowOperators() throws {
        let numbers = context.parallelize(Array(1...10), partitions: 3)
        #expect(numbers.partitionCount == 3)
        #expect(try numbers.map { $0 * 2 }.filter { $0 > 10 }.collect() == [12, 14, 16, 18, 20])
        #expect(try numbers.flatMap { [$0, -$0] }.count() == 20)
        #expect(try numbers.union(numbers).collect() == Array(1...10) + Array(1...10))
        #expect(try numbers.map { ($0, $0) }.mapValues { $0 + 1 }.collect().map(\.1) == Array(2...11))
        #expect(try numbers.take(4) == [1, 2, 3, 4])
        #expect(try numbers.first() == 1)
        #expect(try context.parallelize([Int]()).first() == nil)
        #expect(try numbers.take(100).count == 10)
    }

    @Test func nothingRunsBeforeAnActionAndTakeStopsEarly() throws {
        let computed = Collected<Int>()
        let rdd = context.parallelize(Array(0..<100), partitions: 10).map { value -> Int in
            computed.append(value)
            return value
        }
        #expect(computed.all.isEmpty)
        #expect(try rdd.take(3) == [0, 1, 2])
        #expect(computed.all == [0, 1, 2])
    }

    /// The result is the same, in the same order, for any number of threads and partitions, and equals a dictionary's
    /// counts.
    @Test func reduceByKeyDoesNotDependOnThreads() throws {
        var random = SeededRandom(seed: 9)
        let words = (0..<5000).map { _ in Text("word\(random.below(700)) with a tail of its own") }
        var expected: [Text: Int] = [:]
        for word in words { expected[word, default: 0] += 1 }
        var first: [Text] = []
        for (threads, partitions) in [(1, 1), (1, 7), (2, 3), (4, 16)] {
            let context = Context(master: "local[\(threads)]", appName: "tests")
            let counts = try context.parallelize(words, partitions: partitions).map { ($0, 1) }.reduceByKey(+).collect()
            #expect(Dictionary(uniqueKeysWithValues: counts) == expected)
            if first.isEmpty { first = counts.map(\.0) }
            #expect(counts.map(\.0) == first)
        }
    }

    @Test func reduceByKeyTakesKeysOfOnesOwn() throws {
        let pairs = context.parallelize((0..<100).map { (Meter(site: "s\($0 % 3)", number: $0 % 2), Double($0)) })
        let sums = try pairs.reduceByKey(+).collect()
        #expect(sums.count == 6)
        #expect(sums.map(\.1).reduce(0, +) == 4950)
    }

    struct Meter: Hashable, Codable, Sendable { var site: String; var number: Int }

    @Test func sortedIsStableAndTiesGoByKey() throws {
        let pairs = context.parallelize([("b", 2), ("a", 1), ("c", 2), ("d", 3), ("a2", 2)], partitions: 3)
        #expect(try pairs.sorted(by: { $0.1 }, ascending: false).collect().map(\.0) == ["d", "a2", "b", "c", "a"])
        #expect(try pairs.sorted(by: { $0.1 }).collect().map(\.0) == ["a", "a2", "b", "c", "d"])
        struct Row: Sendable { var id: Int; var score: Int }
        let rows = context.parallelize((0..<100).map { Row(id: $0, score: $0 % 3) }, partitions: 7)
        let expected = (0..<100).map { Row(id: $0, score: $0 % 3) }.sorted { $0.score < $1.score }.map(\.id)
        #expect(try rows.sorted(by: { $0.score }).collect().map(\.id) == expected)
    }

    @Test func lineageIsPrintedAsSparkDoes() {
        let rdd = context.parallelize([1, 2, 3], partitions: 2).map { (Text("k\($0)"), 1) }.filter { _ in true }
            .reduceByKey(+)
        #expect(
            rdd.toDebugString
                == """
                (2) reduceByKey[3]
                 +-(2) filter[2]
                    |  map[1]
                    |  parallelize[0]
                """.replacingIdentifiers(of: rdd))
        #expect(rdd.lineage.isShuffle)
    }

    /// A failed task is recomputed from its lineage; after four attempts, the error names the operator.
    @Test func tasksAreTriedFourTimes() throws {
        struct Flaky: Error {}
        for failures in 0...4 {
            let left = Mutex(failures)
            let rdd = context.parallelize([1, 2, 3], partitions: 1).map { value -> Int in
                if value == 2,
                    left.withLock({
                        $0 -= 1; return $0 >= 0
                    })
                {
                    throw Flaky()
                }
                return value
            }
            if failures < 4 {
                #expect(try rdd.collect() == [1, 2, 3])
            } else {
                let error = #expect(throws: SwiftwaterError.self) { try rdd.collect() }
                #expect(error?.code == .taskFailed)
                #expect(error?.location?.streamOperator == "map")
                #expect(error?.message.contains("failed 4 times") == true)
            }
        }
    }

    #if DEBUG
        /// A slice that outlives its batch stops a debug build. A collected text is a copy and may outlive it.
        @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.stopsProcess)))
        func slicesAreVoidAfterTheirBatch() async throws {
            let folder = try TemporaryDirectory()
            let path = try folder.write("lines.txt", "a line of more than fifteen bytes\n")
            let collected = try context.textFile(path).collect()
            #expect(String(collected[0]) == "a line of more than fifteen bytes")
            await #expect(processExitsWith: .failure) {
                let folder = try TemporaryDirectory()
                let path = try folder.write("lines.txt", "a line of more than fifteen bytes\n")
                let context = Context(master: "local", appName: "late")
                let smuggled = Monitor<[Text]>([])
                try context.textFile(path).forEach { line in smuggled.update { $0.append(line) } }
                _ = String(smuggled.read { $0[0] })
            }
        }
    #endif

    @Test func textFilesAreRead() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("words.txt", "to be or not to be\nthat is the question whether longer words stay\n")
        let counts = try context.textFile(path).flatMap { $0.split(separator: " ") }.map { ($0, 1) }.reduceByKey(+)
            .sorted(by: { $0.1 }, ascending: false).take(2)
        #expect(counts.map { String($0.0) } == ["be", "to"])
        let lines = try context.textFile(path).collect()
        #expect(lines.map { String($0) } == ["to be or not to be", "that is the question whether longer words stay"])
        #expect(throws: SwiftwaterError.self) { try context.textFile(folder.file("missing")).count() }
    }
}

extension RDDTests.Meter: StreamCodable {}

extension String {
    /// Replaces the fixed ids of an expected tree with those of `rdd`, since ids count up within a context.
    func replacingIdentifiers(of rdd: RDD<(Text, Int)>) -> String {
        var result = self
        for offset in (0...3).reversed() { result = result.replacing("[\(offset)]", with: "[#\(offset)]") }
        for offset in 0...3 { result = result.replacing("[#\(offset)]", with: "[\(rdd.lineage.id - 3 + offset)]") }
        return result
    }

    /// A master that is not there is an error of what runs first, not the end of the program.
    @Test(arguments: ["spark://x:7077", "local[0]", "", "yarn"]) func aWrongMasterIsAnError(master: String) async throws
    {
        let context = Context(master: master, appName: "test")
        let error = #expect(throws: SwiftwaterError.self) {
            try context.parallelize([1, 2, 3]).map { $0 + 1 }.collect()
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("'\(master)'") == true)
        let stream = StreamingContext(master: master, appName: "test", batchInterval: .seconds(1))
        stream.queueStream([[1]]).print()
        let other = await #expect(throws: SwiftwaterError.self) { try await stream.start() }
        #expect(other?.message == error?.message)
    }
}
