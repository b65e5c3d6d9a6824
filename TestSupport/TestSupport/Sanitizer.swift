import Foundation
import SwiftwaterPlatform

/// The sanitizer that this process was built with, and why some tests leave it out.
public enum Sanitizer {
    /// The thread sanitizer, `swift test --sanitize=thread`.
    public static let isThread = hasSymbol("__tsan_init")
    /// The address sanitizer, `swift test --sanitize=address`.
    public static let isAddress = hasSymbol("__asan_init")
    /// Whether there is neither.
    public static let isAbsent = !isThread && !isAddress

    /// What bounds on time are multiplied by.
    public static let slowdown = isAbsent ? 1 : 20

    /// For tests that start the built program.
    public static let startsProgram = "starts the program, whose release build is tested by itself"
    /// For tests of much arithmetic in one thread.
    public static let isSlow = "takes many minutes under a sanitizer, in one thread"
    /// For tests that expect a process to stop.
    public static let stopsProcess = "a process that stops on purpose is a fault to a sanitizer"

    private static func hasSymbol(_ name: String) -> Bool {
        // The program itself, where the compiler links the sanitizer's run time.
        dlsym(dlopen(nil, Int32(RTLD_NOW)), name) != nil
    }
}
