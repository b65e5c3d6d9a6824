import Logging
import SwiftwaterCore
import Synchronization

/// Thrown by a sink that needs no more elements.
@usableFromInline struct JobCancellation: Error {
    @usableFromInline init() {}
}

enum TaskFailure {
    static func describe(_ error: any Error, partition: Int, name: String, tries: Int) -> SwiftwaterError {
        var location = (error as? SwiftwaterError)?.location ?? SwiftwaterError.Location()
        if location.streamOperator == nil { location.streamOperator = name }
        let known = error as? SwiftwaterError
        return SwiftwaterError(
            // A state that cannot be used anymore stops the stream; any other failure may be set aside.
            known?.code == .invalidState ? .invalidState : .taskFailed,
            "the task of partition \(partition) failed \(tries) time\(tries == 1 ? "" : "s"): "
                + (known?.message ?? "\(error)"),
            at: location, remedy: known?.remedy, cause: known?.cause ?? error)
    }
}
