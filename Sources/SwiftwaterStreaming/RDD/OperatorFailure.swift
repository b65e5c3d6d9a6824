import SwiftwaterCore

@usableFromInline
enum OperatorFailure {
    @usableFromInline
    static func wrap(_ error: any Error, in name: String) -> any Error {
        if error is JobCancellation { return error }
        if var known = error as? SwiftwaterError {
            if known.location?.streamOperator != nil { return known }
            known.location = known.location ?? .init()
            known.location?.streamOperator = name
            return known
        }
        return SwiftwaterError(.taskFailed, "\(error)", at: .init(streamOperator: name), cause: error)
    }
}
