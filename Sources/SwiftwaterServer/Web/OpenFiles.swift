#if Server
    import SwiftwaterPlatform

    /// The process's limit of open files, connections included.
    package enum OpenFiles {
        /// Files set aside for the logs, the history and the sources, beside connections.
        static let ownCount = 256

        /// The limit; nil where the system does not report it.
        static var limit: Int? {
            var limits = rlimit()
            guard getrlimit(openFilesResource, &limits) == 0 else { return nil }
            return Int(clamping: limits.rlim_cur)
        }

        /// Raises the limit as far as the system allows. Meant for programs: the limit is that of the whole process.
        package static func raiseLimit() {
            var limits = rlimit()
            guard getrlimit(openFilesResource, &limits) == 0, limits.rlim_cur < limits.rlim_max else { return }
            limits.rlim_cur = openFilesMax(hard: limits.rlim_max)
            _ = setrlimit(openFilesResource, &limits)
        }
    }
#endif
