#if Server
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #else
        import Darwin
    #endif

    /// How many files, connections among them, the process may have open.
    public enum OpenFiles {
        /// What the logs, the history and the sources have, beside connections.
        static let ownCount = 256

        /// nil where the system does not say.
        static var limit: Int? {
            var limits = rlimit()
            guard getrlimit(resource, &limits) == 0 else { return nil }
            return Int(clamping: limits.rlim_cur)
        }

        /// As many as the system allows the process to allow itself. For programs: the limit is the whole process's.
        public static func raiseLimit() {
            var limits = rlimit()
            guard getrlimit(resource, &limits) == 0, limits.rlim_cur < limits.rlim_max else { return }
            #if canImport(Darwin)
                limits.rlim_cur = min(limits.rlim_max, rlim_t(OPEN_MAX))
            #else
                limits.rlim_cur = limits.rlim_max
            #endif
            _ = setrlimit(resource, &limits)
        }

        #if canImport(Glibc)
            private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            private static var resource: Int32 { RLIMIT_NOFILE }
        #endif
    }
#endif
