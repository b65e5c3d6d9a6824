import SwiftwaterCore

/// The client libraries that are loaded when an address asks for them.
package enum ClientLibrary: String, CaseIterable, Sendable {
    case kafka = "Kafka"
    case postgreSQL = "PostgreSQL"
    case mongoDB = "MongoDB"

    /// What it is for.
    package var subject: String { rawValue }

    /// Loads the library, and returns the name under which it was found.
    ///
    /// - Throws: `unsupported` with what to install.
    package func load() throws -> String {
        switch self {
        case .kafka: try LibRDKafka.shared().libraryName
        case .postgreSQL: try LibPQ.shared().libraryName
        case .mongoDB: try LibMongoC.shared().libraryName
        }
    }
}
