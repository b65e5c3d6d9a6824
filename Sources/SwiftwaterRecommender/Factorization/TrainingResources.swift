import CSwiftwaterKernels
import SwiftwaterCore

/// What a training may use of the machine. It does not change what is learned, apart from the last digits where another
/// instruction set is chosen.
public struct TrainingResources: Sendable, Equatable {
    /// The number of threads, 1 to 1024. Results do not depend on it.
    public var threads: Int
    /// The memory that training may use, in bytes, not counting the ratings. nil is what the machine has available.
    public var memoryMaxBytes: Int?
    /// The instruction set of the kernels. Results differ in the last digits between instruction sets.
    public var instructionSet: InstructionSet

    /// Creates resources: by default all cores, all memory, and the best instruction set.
    public init(threads: Int? = nil, memoryMaxBytes: Int? = nil, instructionSet: InstructionSet = .best) {
        self.threads = threads ?? WorkerPool.coreCount
        self.memoryMaxBytes = memoryMaxBytes
        self.instructionSet = instructionSet
    }

    /// The memory that is available, in bytes; nil where that is not known.
    var memoryBytes: Int? { memoryMaxBytes ?? SystemInformation.availableMemoryBytes }

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw SwiftwaterError(.invalidArgument, "\(threads) threads", remedy: "use 1 to 1024")
        }
    }
}
