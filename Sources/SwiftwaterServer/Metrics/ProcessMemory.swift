#if Server
    import Foundation

    /// The memory use of the process.
    enum ProcessMemory {
        /// Resident bytes; nil where the system does not report them.
        static var residentBytes: Int? {
            guard let file = FileHandle(forReadingAtPath: "/proc/self/statm") else { return nil }
            defer { try? file.close() }
            let bytes = (try? file.readToEnd()) ?? Data()
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
            return fields.count > 1 ? Int(fields[1]).map { $0 * 4096 } : nil
        }
    }
#endif
