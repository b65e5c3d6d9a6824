import SwiftwaterCore
import SwiftwaterPlatform

/// Errors of the operating system's file calls, in words.
package enum FileError {
    /// Makes the error for a failed call.
    ///
    /// - Parameters:
    ///   - action: what was attempted, such as `cannot open`.
    ///   - path: the file.
    ///   - number: the call's `errno`.
    package static func make(_ action: String, _ path: String, _ number: Int32) -> SwiftwaterError {
        let remedy: String? =
            switch number {
            case ENOENT: "check the path"
            case EACCES, EPERM: "check who may read and write it"
            case ENOSPC, EDQUOT, EFBIG: "free some space; what was there before is unchanged"
            case EISDIR: "name a file, not a directory"
            case EMFILE: "raise the limit of open files (ulimit -n, LimitNOFILE= of systemd)"
            case ENFILE: "close programs, or raise fs.file-max"
            default: nil
            }
        return SwiftwaterError(
            number == ENOENT ? .notFound : .io, "\(action) \(path): \(SystemInformation.message(number))",
            remedy: remedy,
            isRetryable: number == EMFILE || number == ENFILE)
    }
}
