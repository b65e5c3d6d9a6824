import CSwiftwaterKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

func systemCoreCount() -> Int { Int(sw_core_count()) }

/// The operating system's words for an error number.
public func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }

/// How much memory the system has to give, in bytes; nil where it does not say.
public func availableMemoryBytes() -> Int? {
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
