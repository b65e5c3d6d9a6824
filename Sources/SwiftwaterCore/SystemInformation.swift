import CSwiftwaterKernels
import SwiftwaterPlatform

/// What the operating system says of itself.
package enum SystemInformation {
    /// Returns the operating system's message for an error number.
    package static func message(_ number: Int32) -> String { String(cString: strerror(number)) }

    /// The number of this process.
    package static var processNumber: Int { Int(getpid()) }

    /// Whether a process of this number runs, as far as this process can see.
    package static func isRunning(_ process: Int) -> Bool {
        process > 0 && process <= Int(Int32.max) && (kill(Int32(process), 0) == 0 || errno == EPERM)
    }

    /// What this machine is known by until it stops: a number that Linux draws at its start, and that of the
    /// container's processes. Empty where there is none.
    package static var machine: String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else { return "" }
        defer { fclose(file) }
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return "" }
        let start = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.prefix { !$0.isNewline }
        let count = readlink("/proc/self/ns/pid", &buffer, buffer.count - 1)
        guard count > 0 else { return "" }
        buffer[count] = 0
        return "\(start)-\(buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.filter { $0.isNumber })"
    }

    /// Whether a time service keeps the clock; nil if the system does not say.
    package static var isClockSynchronized: Bool? {
        let state = sw_clock_is_synchronized()
        return state < 0 ? nil : state == 1
    }

    /// The name of this machine.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "an unnamed machine" }
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// The memory available on the system in bytes, or nil if it is unknown.
    package static var availableMemoryBytes: Int? {
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            guard text.hasPrefix("MemAvailable:") else { continue }
            return text.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
        }
        return nil
    }
}
