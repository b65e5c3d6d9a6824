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
