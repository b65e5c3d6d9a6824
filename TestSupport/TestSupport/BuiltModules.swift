import Foundation

/// The modules of the package's build, for tests that compile programs or read what modules declare.
public enum BuiltModules {
    /// The compiler's options that find the modules, and the headers of the C libraries that they use.
    public static func compilerOptions() throws -> [String] {
        let build = Program.folder.path()
        let checkouts = Program.folder.deletingLastPathComponent().deletingLastPathComponent().path() + "checkouts/"
        let headers = [
            PackageFolder.root + "Sources/CSwiftwaterKernels/include", PackageFolder.root + "Sources/CZlib",
            checkouts + "GRDB.swift/Sources/GRDBSQLite", checkouts + "swift-atomics/Sources/_AtomicsShims/include",
            checkouts + "swift-nio/Sources/CNIOWindows/include", checkouts + "swift-nio/Sources/CNIOWASI/include",
            checkouts + "swift-system/Sources/CSystem/include",
            checkouts + "swift-numerics/Sources/_NumericsShims/include", checkouts + "Yams/Sources/CYaml/include",
        ]
        let maps = try FileManager.default.contentsOfDirectory(atPath: build)
            // What plug-ins are built of has the same modules again.
            .filter { $0.hasSuffix(".build") && !$0.hasSuffix("-tool.build") }.map { build + $0 + "/module.modulemap" }
            .sorted()
            .filter { FileManager.default.fileExists(atPath: $0) }
        return ["-I", build + "Modules"] + headers.flatMap { ["-I", $0] }
            + maps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] }
    }

    /// The target that the modules are built for: the folder of a build has its name.
    public static var triple: String { Program.folder.deletingLastPathComponent().lastPathComponent }
}
