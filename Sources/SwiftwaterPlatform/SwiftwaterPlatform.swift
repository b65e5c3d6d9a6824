/// The platform's C library under one name. Only this file asks which one it is.
#if canImport(Glibc)
    @_exported import Glibc
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Darwin
#endif

extension stat {
    /// When the file was last written.
    package var modificationTime: timespec {
        #if canImport(Darwin)
            st_mtimespec
        #else
            st_mtim
        #endif
    }
}

/// The names of the options of a TCP connection that say when a silent peer is asked whether it is still there: after
/// how many seconds, how many seconds apart, and how often before the connection is given up.
package var keepAliveOptions: (idle: CInt, interval: CInt, count: CInt) {
    #if canImport(Darwin)
        (TCP_KEEPALIVE, TCP_KEEPINTVL, TCP_KEEPCNT)
    #else
        (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT)
    #endif
}

/// Makes a file's data durable, without timestamps that nobody needs. Returns 0, or -1 with `errno` set.
package func synchronizeData(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
        fsync(descriptor)
    #else
        fdatasync(descriptor)
    #endif
}

/// Starts a detached thread that runs `body`. Returns 0, or the error number.
package func startDetachedThread(stackBytes: Int, _ body: @escaping @Sendable () -> Void) -> Int32 {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackBytes)
    defer { pthread_attr_destroy(&attributes) }
    let argument = Unmanaged.passRetained(Box(body)).toOpaque()
    #if canImport(Darwin)
        var thread: pthread_t?
        return pthread_create(
            &thread, &attributes,
            { raw in
                Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
                return nil
            }, argument)
    #else
        var thread = pthread_t()
        return pthread_create(
            &thread, &attributes,
            { raw in
                Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().body()
                return nil
            }, argument)
    #endif
}

#if canImport(Glibc)
    /// The limit of open files, as `getrlimit` names it.
    package let openFilesResource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
#else
    /// The limit of open files, as `getrlimit` names it.
    package let openFilesResource = RLIMIT_NOFILE
#endif

/// Returns the highest limit of open files that a process may set if its hard limit is `hard`.
package func openFilesMax(hard: rlim_t) -> rlim_t {
    #if canImport(Darwin)
        min(hard, rlim_t(OPEN_MAX))
    #else
        hard
    #endif
}

/// Creates a condition variable whose waits go by the monotonic clock, which nobody sets.
package func initializeCondition(_ condition: UnsafeMutablePointer<pthread_cond_t>) {
    #if canImport(Darwin)
        pthread_cond_init(condition, nil)
    #else
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    #endif
}

/// Waits for a condition of `initializeCondition` until a time of the monotonic clock. Returns false after that.
package func waitForCondition(
    _ condition: UnsafeMutablePointer<pthread_cond_t>, _ mutex: UnsafeMutablePointer<pthread_mutex_t>,
    until deadline: timespec
) -> Bool {
    var deadline = deadline
    #if canImport(Darwin)
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let left = (deadline.tv_sec - now.tv_sec) * 1_000_000_000 + deadline.tv_nsec - now.tv_nsec
        guard left > 0 else { return false }
        (deadline.tv_sec, deadline.tv_nsec) = (left / 1_000_000_000, left % 1_000_000_000)
        return pthread_cond_timedwait_relative_np(condition, mutex, &deadline) == 0
    #else
        return pthread_cond_timedwait(condition, mutex, &deadline) == 0
    #endif
}

#if canImport(Glibc)
    /// The type of a socket for TCP.
    package let streamSocketType = Int32(SOCK_STREAM.rawValue)
#else
    /// The type of a socket for TCP.
    package let streamSocketType = SOCK_STREAM
#endif
