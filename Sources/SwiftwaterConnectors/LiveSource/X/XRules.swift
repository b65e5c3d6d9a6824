#if Services
    import SwiftwaterCore
    import SwiftwaterFormats

    /// The rules of an account.
    package struct XRules {
        /// A rule that is set.
        package struct Known: Sendable {
            package let id: String
            package let value: String
            package let tag: String?
            /// Whether this program set it.
            package var isOwn: Bool { tag == XRule.ownTag }
        }

        private static let path = "/2/tweets/search/stream/rules"
        let server: LiveServerAddress
        let access: XAccess

        /// Returns all rules, in X's order.
        package func all() throws -> [Known] {
            var found: [Known] = []
            var page: String?
            repeat {
                let query = page.map { "?pagination_token=" + PercentEncoding.encoded($0) } ?? ""
                let (status, json) = try access.send("GET", XRules.path + query)
                guard status == 200 else { throw refusal(json, "the rules are not listed") }
                for rule in json["data"]?.array ?? [] {
                    guard let id = rule["id"]?.string, let value = rule["value"]?.string else { continue }
                    found.append(Known(id: id, value: value, tag: rule["tag"]?.string))
                }
                page = json["meta"]?["next_token"]?.string
            } while page != nil && found.count < 100_000
            return found
        }

        /// Asks whether rules are valid, without setting them.
        ///
        /// - Throws: `invalidArgument` with what X says about a rule.
        func check(_ rules: [XRule]) throws {
            guard !rules.isEmpty else { return }
            let (status, json) = try access.send("POST", XRules.path + "?dry_run=true", request(rules))
            try check(status, json)
        }

        /// Sets rules with this program's tag, all or none of them. Returns their ids.
        ///
        /// - Throws: `invalidArgument` with what X says about a rule.
        func add(_ rules: [XRule]) throws -> [String] {
            guard !rules.isEmpty else { return [] }
            let (status, json) = try access.send("POST", XRules.path, request(rules))
            let ids = (json["data"]?.array ?? []).compactMap { $0["id"]?.string }
            do { try check(status, json) } catch {
                // X sets those of a request that are valid; none is wanted without the others.
                try? remove(ids)
                throw error
            }
            return ids
        }

        private func request(_ rules: [XRule]) -> String {
            JSONWriter.object { json in
                json.member("add", array: rules) { json, rule in
                    json.object { json in
                        json.member("value", rule.value)
                        json.member("tag", XRule.ownTag)
                    }
                }
            }
        }

        private func check(_ status: Int, _ json: JSONValue) throws {
            let errors = (json["errors"]?.array ?? []).filter { $0["title"]?.string != "DuplicateRule" }
            guard (200...299).contains(status), errors.isEmpty else { throw refusal(json, "a rule is refused") }
        }

        /// Removes rules.
        package func remove(_ rules: [Known]) throws { try remove(rules.map(\.id)) }

        /// Removes rules by their ids.
        func remove(_ ids: [String]) throws {
            guard !ids.isEmpty else { return }
            let body = JSONWriter.object { json in
                json.member("delete") { json in json.member("ids", array: ids) { $0.value($1) } }
            }
            let (status, json) = try access.send("POST", XRules.path, body)
            guard (200...299).contains(status) else { throw refusal(json, "rules are not removed") }
        }

        private func refusal(_ json: JSONValue, _ what: String) -> SwiftwaterError {
            let first = json["errors"]?.array?.first
            let words = [
                first?["value"]?.string.map { "'\($0)'" }, first?["title"]?.string,
                first?["details"]?.array?.first?.string ?? first?["detail"]?.string ?? first?["message"]?.string
                    ?? json["detail"]?.string,
            ].compactMap(\.self).map { String(TerminalText.safe($0).prefix(300)) }
            return SwiftwaterError(
                .invalidArgument,
                "\(server.label): \(what)" + (words.isEmpty ? "" : ": " + words.joined(separator: ": ")),
                remedy: "see X's documentation of rules for the filtered stream")
        }
    }
#endif
