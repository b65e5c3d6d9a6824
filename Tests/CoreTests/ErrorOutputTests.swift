import Foundation
import SwiftwaterCore
import SwiftwaterPlatform
import Testing

@Suite struct ErrorOutputTests {
    /// A pipe that nobody reads does not stop the program; what is missing is counted once there is room.
    @Test func anUnreadPipeHoldsNobodyUp() throws {
        let pipe = Pipe()
        let output = ErrorOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor, patience: 0)
        let line = String(repeating: "x", count: 99) + "\n"
        for _ in 0..<5000 { output.write(line) }
        var heard = ""
        func read() { heard += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self) }
        read()
        output.write("last\n")
        while !heard.hasSuffix("last\n") { read() }
        let lines = heard.split(separator: "\n")
        let kept = lines.filter { $0.count == 99 }.count
        #expect(kept > 600 && kept < 5000)
        #expect(lines.suffix(2) == ["(\(5000 - kept) lines are missing here: nobody read standard error)", "last"])
    }

    /// A text is written whole if there is room.
    @Test func longTextsArrive() throws {
        let pipe = Pipe()
        let text = String(repeating: "å line\n", count: 1000)
        ErrorOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor).write(text)
        try pipe.fileHandleForWriting.close()
        #expect(String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == text)
    }
}
