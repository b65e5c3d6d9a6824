import SwiftwaterCore
import SwiftwaterPlatform

/// Errors of the operating system's file calls, with messages and remedies.
package enum FileError {
    /// Returns the error for a failed call.
    ///
    /// - Parameters:
    ///   - action: what failed, such as `cannot open`.
    ///   - path: the file's path.
    ///   - number: the call's `errno`.
    package static func make(_ action: String, _ path: String, _ number: Int32) -> SwiftwaterError {
        let remedy: String? =
            switch number {
            case ENOENT: "check the path"
            case EACCES, EPERM: "check the permissions"
            case ENOSPC, EDQUOT, EFBIG: "free some space; what was there before is unchanged"
            case EISDIR: "name a file, not a directory"
            case EMFILE: "raise the limit on open files (ulimit -n, or systemd's LimitNOFILE=)"
            case ENFILE: "close programs, or raise fs.file-max"
            default: nil
            }
        return SwiftwaterError(
            number == ENOENT ? .notFound : .io, "\(action) \(path): \(SystemInformation.message(number))",
            remedy: remedy,
            isRetryable: number == EMFILE || number == ENFILE)
    }
}
