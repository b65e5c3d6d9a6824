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
            case ENOTDIR: "name a directory, not a file"
            case EMFILE: "raise the limit on open files (ulimit -n, or systemd's LimitNOFILE=)"
            case ENFILE: "close programs, or raise fs.file-max"
            default: nil
            }
        let code: SwiftwaterError.Code =
            switch number {
            case ENOENT: .notFound
            case EACCES, EPERM: .denied
            default: .io
            }
        return SwiftwaterError(
            code, "\(action) \(path): \(SystemInformation.message(number))",
            remedy: remedy,
            isRetryable: number == EMFILE || number == ENFILE)
    }
}
