import Logging
import SwiftwaterCore
import SwiftwaterStorage

/// Files of a stream: those in a store wait for it while it fails.
enum PatientFiles {
    /// Returns the files for what is in a directory. `log` is told when its store begins to fail, and when it works
    /// again.
    static func files(
        _ files: any FileSystem, for directory: String, patience: Duration = .seconds(600), log: Logger
    ) throws -> any FileSystem {
        // Files that a program chose itself are as patient as it wants.
        guard files is URLFileSystem, let place = try files.store(of: directory) else { return files }
        let root = String(directory.dropLast(directory.reversed().prefix { $0 == "/" }.count).dropLast(place.key.count))
        let store = PatientStore(place.store, patience: patience) { log.warning("\($0)") }
        store.watch()
        return StoreFileSystem(store, root: root)
    }
}
