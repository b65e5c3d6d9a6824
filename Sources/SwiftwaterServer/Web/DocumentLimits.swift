#if Server
    import SwiftwaterFormats

    /// The limits of this server, as the API document states them.
    ///
    /// In the resource, a schema whose limits depend on the settings names them: `"x-limits": "rows"`.
    struct DocumentLimits {
        /// The windows that have tables.
        let windows: [String]
        /// The range of a valid rating.
        let rating: ClosedRange<Double>
        /// The most rows of an answer.
        let rows: Int
        /// The most ratings of a request.
        let ratings: Int

        /// Returns the document with limits in place of their names. The resource is part of the program: what is wrong
        /// with it stops the program.
        func document(_ resource: String) -> String {
            do { return JSONWriter.string(filled(try JSONValue(parsing: resource))) } catch {
                preconditionFailure("openapi.json: \(error)")
            }
        }

        private func filled(_ value: JSONValue) -> JSONValue {
            switch value {
            case .array(let elements): return .array(elements.map(filled))
            case .object(let members):
                return .object(
                    members.flatMap { member -> [(name: String, value: JSONValue)] in
                        guard member.name == "x-limits" else { return [(member.name, filled(member.value))] }
                        return limits(member.value.string ?? "")
                    })
            default: return value
            }
        }

        private func limits(_ name: String) -> [(name: String, value: JSONValue)] {
            switch name {
            case "windows": return [("enum", .array(windows.map { .string($0) }))]
            case "rating": return [("minimum", .number(rating.lowerBound)), ("maximum", .number(rating.upperBound))]
            case "rows": return [("minimum", .integer(1)), ("maximum", .integer(Int64(rows)))]
            case "ratings": return [("maxItems", .integer(Int64(ratings)))]
            default: preconditionFailure("openapi.json has the unknown limits '\(name)'")
            }
        }
    }
#endif
