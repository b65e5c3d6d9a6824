import SwiftwaterCore

/// The error of a state that a failing closure has left half changed: the batch cannot be tried again.
@usableFromInline
enum BrokenState {
    @usableFromInline
    static func wrap(_ error: any Error) -> SwiftwaterError {
        // This error code stops the stream, even if failing batches are set aside.
        SwiftwaterError(
            .invalidState, "the function failed while a window was taking a batch: \(error)",
            remedy: "use a combining function that cannot fail", cause: error)
    }
}
