import Foundation
import Swiftwater
import SwiftwaterConnectors
import SwiftwaterPlatform
import SwiftwaterRecommender

/// What `doctor` says of the machine.
enum MachineChecks {
    static func all() -> [Finding] { [processor(), memory(), openFiles(), clock(), temporary()] + libraries() }

    private static func processor() -> Finding {
        let kernels =
            switch InstructionSet.best {
            case .avx512: "AVX-512"
            case .avx2: "AVX2"
            case .portable: "portable code"
            }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return Finding(.good, "processor", "\(cores) \(cores == 1 ? "core" : "cores"), kernels for \(kernels)")
    }

    private static func memory() -> Finding {
        guard let bytes = SystemInformation.availableMemoryBytes else {
            return Finding(.remark, "memory", "the system does not say how much is free")
        }
        let text = "\(Format.decimal(Double(bytes) / 1_073_741_824, 1)) GiB available"
        guard bytes < 512 << 20 else { return Finding(.good, "memory", text) }
        return Finding(.remark, "memory", text, "models of millions of ratings need more: docs/OPERATIONS.md")
    }

    private static func openFiles() -> Finding {
        var limit = rlimit()
        guard getrlimit(openFilesResource, &limit) == 0 else {
            return Finding(.remark, "open files", "the limit is not known")
        }
        // `serve` raises the limit to the hard one by itself.
        let most = openFilesMax(hard: limit.rlim_max)
        let text = most > 1 << 40 ? "no limit" : "up to \(Format.count(Int(most)))"
        guard most < 4096 else { return Finding(.good, "open files", text) }
        return Finding(.remark, "open files", text, "each client needs one: raise LimitNOFILE, or ulimit -Hn")
    }

    /// The first moment at which this program can run: a date before it is wrong.
    private static let earliest = 1_790_000_000.0

    private static func clock() -> Finding {
        let now = Date().timeIntervalSince1970
        guard now > earliest else {
            let date = ISO8601DateFormatter().string(from: Date())
            return Finding(.bad, "clock", "the date is \(date), in the past", "set the clock; run a time service (NTP)")
        }
        switch SystemInformation.isClockSynchronized {
        case true?: return Finding(.good, "clock", "a time service keeps it")
        case false?:
            return Finding(
                .remark, "clock", "no time service keeps it",
                "start one, such as chrony: posts are counted by the machine's time")
        case nil: return Finding(.remark, "clock", "the system does not say whether a time service keeps it")
        }
    }

    private static func temporary() -> Finding {
        let path = FileManager.default.temporaryDirectory.path
        return DirectoryCheck.finding("temporary files", path)
    }

    /// Libraries that are loaded when an address asks for them.
    private static func libraries() -> [Finding] {
        ClientLibrary.allCases.map { library in
            do { return Finding(.good, library.subject, try library.load()) } catch {
                let remedy = (error as? SwiftwaterError)?.remedy ?? ""
                return Finding(.remark, library.subject, "the client library is not installed", remedy)
            }
        }
    }
}
