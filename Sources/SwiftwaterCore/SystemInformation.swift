import SwiftwaterPlatform

/// What the operating system says of itself.
package enum SystemInformation {
    /// Returns the operating system's message for an error number.
    package static func message(_ number: Int32) -> String { String(cString: strerror(number)) }

    /// The number of this process.
    package static var processNumber: Int { Int(getpid()) }

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
