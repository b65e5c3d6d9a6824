#if Server
    import Foundation

    /// What the process takes.
    enum ProcessMemory {
        /// Resident bytes; nil where the system does not say.
        static var residentBytes: Int? {
            guard let file = FileHandle(forReadingAtPath: "/proc/self/statm") else { return nil }
            defer { try? file.close() }
            let bytes = (try? file.readToEnd()) ?? Data()
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
            return fields.count > 1 ? Int(fields[1]).map { $0 * 4096 } : nil
        }
    }
#endif
