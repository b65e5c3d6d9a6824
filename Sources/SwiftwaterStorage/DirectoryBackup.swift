import SwiftwaterCore

/// A copy of a directory in another directory or a store, which shows whether it is whole.
///
///     PLACE/data/...   the files, by their paths in the directory
///     PLACE/backup     sealed, and written last: a title, which also says whether the directory was in a store, and a
///                      line for each file with its length, CRC-32C and path
package struct DirectoryBackup: Sendable {
    /// A file of the directory.
    struct File: Sendable, Equatable {
        let path: String
        let byteCount: Int
        let checksum: UInt32
    }

    private static let title = "swiftwater-backup 1"
    private static let storeTitle = title + " store"
    private static let pieceBytes = 4 << 20
    private let place: String
    private let files: any FileSystem
    let contents: [File]
    /// Whether the directory was in a store, where logs have another form.
    private let isFromStore: Bool

    /// The number of files.
    package var fileCount: Int { contents.count }
    /// The bytes of all files.
    package var byteCount: Int { contents.reduce(0) { $0 + $1.byteCount } }

    private static func list(_ place: String) -> String { place + "/backup" }

    // MARK: Making one

    /// Copies all files of a directory, which nobody may change meanwhile.
    ///
    /// - Parameters:
    ///   - place: where the copy goes; there must be nothing.
    ///   - leavesOut: whether a path in the directory is left out.
    ///   - progress: receives the part that is copied.
    /// - Throws: `invalidState` if there is something at the place.
    package init(
        of directory: String, in place: String, files: any FileSystem = URLFileSystem(),
        leavingOut leavesOut: (String) -> Bool, progress: (Double) -> Void
    ) throws {
        guard try !files.exists(place) || files.list(place).isEmpty else {
            throw SwiftwaterError(
                .invalidState, "there is something at the place for the backup", at: .init(file: place),
                remedy: "give each backup a place of its own")
        }
        var found: [(path: String, byteCount: Int)] = []
        func visit(_ folder: String) throws {
            for entry in try files.entries(folder.isEmpty ? directory : directory + "/" + folder) {
                let path = folder.isEmpty ? entry.name : folder + "/" + entry.name
                if PathName.isTemporary(entry.name) || leavesOut(path) { continue }
                guard !path.contains("\n") else {
                    throw SwiftwaterError(
                        .unsupported, "a file's name has a line end", at: .init(file: directory + "/" + path),
                        remedy: "rename it")
                }
                if entry.isDirectory { try visit(path) } else { found.append((path, entry.byteCount)) }
            }
        }
        try visit("")
        let total = max(1, found.reduce(0) { $0 + $1.byteCount })
        var (copied, done): ([File], Int) = ([], 0)
        for (path, byteCount) in found {
            let target = place + "/data/" + path
            try files.createDirectory(PathName.parent(of: target))
            let sum = try DirectoryBackup.copy(directory + "/" + path, to: target, byteCount, files, files) {
                done += $0
                progress(Double(done) / Double(total))
            }
            copied.append(File(path: path, byteCount: byteCount, checksum: sum))
        }
        (self.place, self.files, contents) = (place, files, copied)
        isFromStore = try files.store(of: directory) != nil
        let lines = copied.map { "\($0.byteCount) \(String($0.checksum, radix: 16)) \($0.path)\n" }
        let title = isFromStore ? DirectoryBackup.storeTitle : DirectoryBackup.title
        let list = try AtomicFile(path: DirectoryBackup.list(place), files: files)
        try list.write(SealedBytes.seal(Array(([title + "\n"] + lines).joined().utf8)))
        try list.commit()
    }

    /// Copies a file, and returns its checksum. With no target, it is only read.
    private static func copy(
        _ path: String, to target: String?, _ byteCount: Int, _ from: any FileSystem, _ to: any FileSystem,
        progress: (Int) -> Void
    ) throws -> UInt32 {
        let source = try from.open(path)
        guard source.byteCount == byteCount else {
            throw SwiftwaterError(
                .corrupted, "expected \(byteCount) bytes, found \(source.byteCount)", at: .init(file: path))
        }
        let file = try target.map { try AtomicFile(path: $0, files: to) }
        var sum = Checksum()
        var offset = 0
        var piece = [UInt8](repeating: 0, count: min(pieceBytes, byteCount))
        while offset < byteCount {
            let count = try piece.withUnsafeMutableBytes { try source.read(into: $0, at: offset) }
            guard count > 0 else {
                throw SwiftwaterError(.io, "the file became shorter while it was read", at: .init(file: path))
            }
            try piece.withUnsafeBytes {
                let found = UnsafeRawBufferPointer(rebasing: $0[..<count])
                sum.update(found)
                try file?.write(found)
            }
            offset += count
            progress(count)
        }
        try file?.commit()
        return sum.value
    }

    // MARK: Using one

    /// Reads what a backup has.
    ///
    /// - Throws: `notFound` if there is no backup, or one that was not finished; `corrupted`.
    package init(at place: String, files: any FileSystem = URLFileSystem()) throws {
        let list = DirectoryBackup.list(place)
        guard try files.exists(list) else {
            throw SwiftwaterError(
                .notFound, "there is no backup, or one that was not finished", at: .init(file: place),
                remedy: "give the place of 'swiftwater checkpoint backup'")
        }
        let text = String(decoding: try SealedBytes.open(files.read(list), name: list), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let title = lines.first.map(String.init)
        isFromStore = title == DirectoryBackup.storeTitle
        guard isFromStore || title == DirectoryBackup.title else {
            throw SwiftwaterError(
                .unsupported, "the backup is of a later version", at: .init(file: list), remedy: "use that version")
        }
        contents = try lines.dropFirst().map { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let byteCount = Int(parts[0]), byteCount >= 0,
                let sum = UInt32(parts[1], radix: 16), (try? ObjectKey.check(String(parts[2]))) != nil
            else { throw SwiftwaterError(.corrupted, "'\(line)' is not a file of a backup", at: .init(file: list)) }
            return File(path: String(parts[2]), byteCount: byteCount, checksum: sum)
        }
        (self.place, self.files) = (place, files)
    }

    /// Reads all files, and writes them to a directory of the disk unless it is nil. The directory appears whole.
    ///
    /// - Throws: `invalidState` if there is something in the directory; `corrupted` if a file is not what it was.
    package func restore(to directory: String?, progress: (Double) -> Void) throws {
        let disk = LocalFileSystem(isPrivate: true)
        if let directory, disk.exists(directory), try !disk.list(directory).isEmpty {
            throw SwiftwaterError(
                .invalidState, "the directory is not empty", at: .init(file: directory),
                remedy: "set what is there aside, or name another directory")
        }
        guard let directory else { return try restore(into: nil, disk, progress) }
        let folder = disk.temporaryPath(for: directory)
        do {
            try restore(into: folder, disk, progress)
            if isFromStore { try makeLogsLocal(in: folder, disk) }
            try disk.rename(folder, to: directory)
        } catch {
            try? Directory.remove(folder)
            throw error
        }
        try disk.synchronizeDirectory(PathName.parent(of: directory))
    }

    private func restore(into folder: String?, _ disk: LocalFileSystem, _ progress: (Double) -> Void) throws {
        if let folder { try Directory.create(folder, isPrivate: true) }
        let total = max(1, byteCount)
        var done = 0
        for file in contents {
            let target = folder.map { $0 + "/" + file.path }
            if let target { try Directory.create(PathName.parent(of: target), isPrivate: true) }
            let path = place + "/data/" + file.path
            let sum = try DirectoryBackup.copy(path, to: target, file.byteCount, files, disk) {
                done += $0
                progress(Double(done) / Double(total))
            }
            guard sum == file.checksum else {
                throw SwiftwaterError(
                    .corrupted, "the file is not what it was: the checksum does not match", at: .init(file: path),
                    remedy: "use another backup")
            }
        }
    }

    /// Gives the logs that were in a store the form that they have on a disk.
    private func makeLogsLocal(in folder: String, _ disk: LocalFileSystem) throws {
        let logs = contents.filter { $0.path.hasSuffix(".log") }.map { PathName.parent(of: $0.path) }
        for log in Set(logs).sorted() { try Journal.makeLocal(folder + "/" + log, disk) }
    }
}
