import SwiftwaterCore
import Testing

@Suite struct EngineRoomTests {
    @Test(arguments: [1, 2, 5]) func everyTaskRunsOnce(threads: Int) throws {
        let pool = WorkerPool(threads: threads)
        for _ in 0..<50 {
            let counts = Monitor([Int](repeating: 0, count: 97))
            try pool.run(count: 97) { index in counts.update { $0[index] += 1 } }
            #expect(counts.read { $0 } == [Int](repeating: 1, count: 97))
        }
    }

    @Test func theErrorOfATaskIsThrown() throws {
        struct Failure: Error { let index: Int }
        let pool = WorkerPool(threads: 3)
        #expect(throws: Failure.self) { try pool.run(count: 10) { if $0 == 4 { throw Failure(index: $0) } } }
        // The pool is still usable.
        try pool.run(count: 3) { _ in }
    }

    @Test func manualClockMoves() {
        let clock = ManualClock(at: BatchTime(milliseconds: 500))
        clock.advance(by: .seconds(1))
        clock.wait(until: BatchTime(milliseconds: 1500), orUntil: { false })
        clock.wait(until: BatchTime(milliseconds: 9000), orUntil: { true })
        #expect(clock.now() == BatchTime(milliseconds: 1500))
    }

    @Test func durationsAndDates() {
        #expect(Duration.seconds(20).isMultiple(of: .seconds(10)))
        #expect(!Duration.seconds(15).isMultiple(of: .seconds(10)))
        #expect(Duration.milliseconds(1500).label == "1.5 s")
        let date = CivilDate(secondsSince1970: 1_795_464_370)
        #expect(date.date + " " + date.timeOfDay == "2026-11-23 20:06:10")
        #expect(CivilDate(secondsSince1970: 951_782_400).date == "2000-02-29")
        #expect(CivilDate(secondsSince1970: -1).date == "1969-12-31")
        #expect(CivilDate(secondsSince1970: 0).daysAfterThursday == 0)
    }

    @Test func errorsSayWhereAndWhat() {
        let error = SwiftwaterError(
            .malformedInput, "the rating 'x' is not a number", at: .init(file: "r.csv", line: 3, column: "rating"),
            remedy: "write it like 3.5")
        #expect("\(error)" == "r.csv:3, column 'rating': the rating 'x' is not a number; write it like 3.5")
    }
}
