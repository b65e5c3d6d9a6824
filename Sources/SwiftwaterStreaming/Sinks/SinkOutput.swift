import SwiftwaterCore
import SwiftwaterFormats

struct SinkOutput: CommittingOutput {
    let sink: any TableSink
    let name: String
    func isCommitted(_ time: BatchTime) throws -> Bool { try sink.isCommitted(output: name, time) }
    func lastCommitted() throws -> BatchTime? { try sink.lastCommitted(output: name) }
}
