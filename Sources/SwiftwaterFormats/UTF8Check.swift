import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPlatform

/// A check for valid UTF-8.
package enum UTF8Check {
    /// Returns whether `bytes` are valid UTF-8. O(bytes).
    package static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        sw_is_utf8(bytes.baseAddress, bytes.count) != 0
    }
}
