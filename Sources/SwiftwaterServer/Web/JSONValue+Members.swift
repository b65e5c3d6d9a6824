#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats

    extension JSONValue {
        /// Returns the members of an object that has these and no others. A misspelled member must not become a silent
        /// default, and which of two members of one name the sender meant is unknown.
        func members(_ names: String..., what: String) throws -> [JSONValue] {
            guard case .object(let all) = self else { throw Problem(.badRequest, "\(what) is not an object") }
            for member in all where !names.contains(member.name) {
                throw Problem(.badRequest, "\(what) has '\(member.name)'; it takes \(names.joined(separator: ", "))")
            }
            return try names.map { name in
                guard let value = self[name] else { throw Problem(.badRequest, "\(what) has no '\(name)'") }
                guard all.count(where: { $0.name == name }) == 1 else {
                    throw Problem(.badRequest, "\(what) has '\(name)' twice")
                }
                return value
            }
        }

        /// The value as an id, or nil if it is not a valid one.
        var id: String? { string.flatMap { $0.isIdentifier ? $0 : nil } }
    }
#endif
