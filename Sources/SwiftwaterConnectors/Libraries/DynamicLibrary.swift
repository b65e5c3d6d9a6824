import SwiftwaterCore
import SwiftwaterPlatform

/// A client library that is loaded when an address asks for it, so that one program serves all.
///
/// The functions' types are written down where they are used, from the library's documented interface, which it keeps
/// for all versions of the names that are tried.
struct DynamicLibrary: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    /// The name under which the library was found.
    let name: String

    /// Loads a library.
    ///
    /// - Parameters:
    ///   - names: file names to try, with the version of the interface.
    ///   - what: what it is for, such as `PostgreSQL`.
    ///   - packages: how to install it.
    /// - Throws: `unsupported` with what to install.
    init(_ names: [String], for what: String, packages: String) throws {
        for name in names {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                (self.handle, self.name) = (handle, name)
                return
            }
        }
        throw SwiftwaterError(
            .unsupported, "the client library of \(what) (\(names[0])) is not installed", remedy: packages)
    }

    /// Returns a function of the library.
    ///
    /// - Throws: `unsupported` if the library does not have it.
    func function<Function>(_ name: String, as type: Function.Type = Function.self) throws -> Function {
        guard let symbol = dlsym(handle, name) else {
            throw SwiftwaterError(
                .unsupported, "\(self.name) has no function \(name)", remedy: "install a newer version of the library")
        }
        return unsafeBitCast(symbol, to: Function.self)
    }
}
