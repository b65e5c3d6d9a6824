#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming

    /// X's filtered stream (API v2): the posts that match rules, which belong to the account.
    package final class XService: LiveService {
        /// What is asked about a post, so that it says what trends need.
        static let fields = [
            "tweet.fields=created_at,author_id,lang,entities,public_metrics,referenced_tweets",
            "expansions=author_id", "user.fields=name,username,location",
        ]

        /// The address of the API, such as `https://api.x.com`.
        let server: LiveServerAddress
        /// The rules that are wanted; those that are set already if empty.
        let wanted: [XRule]
        /// The minutes that the service sends again after a pause; 0 without that right.
        let backfillMinutes: Int
        package let policy: LinkPolicy
        private let account: XAccess
        private let notice: @Sendable (String) -> Void
        private let added = Monitor<[String]>([])

        /// Creates a service.
        ///
        /// - Parameter notice: receives what a user should know.
        init(
            server: LiveServerAddress, rules: [XRule], backfillMinutes: Int = 0, account: XAccess,
            policy: LinkPolicy = .x, notice: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            (self.server, wanted, self.backfillMinutes) = (server, rules, backfillMinutes)
            (self.account, self.policy, self.notice) = (account, policy, notice)
        }

        package var name: String { "x" }
        package var hosts: [String] { [server.label] }
        package var replayed: UInt64 { 0 }
        package var resumes: Bool { false }
        package var backfill: Duration { .seconds(60 * backfillMinutes) }
        /// What is sent again is as old as the pause, and the backfill at most.
        package var keySpan: UInt64 { UInt64(max(10, 2 * backfillMinutes)) * 60_000_000 }
        package var access: String { XAccess.remedy }

        package func request(host: Int, after position: UInt64?) throws -> LiveRequest {
            var query = XService.fields
            if backfillMinutes > 0, position != nil { query.append("backfill_minutes=\(backfillMinutes)") }
            return LiveRequest(
                .stream, host: server.host, port: server.port, isSecure: server.isSecure,
                target: "/2/tweets/search/stream?" + query.joined(separator: "&"),
                headers: [.init(name: "Authorization", value: Secret("Bearer " + (try account.bearer()).text))])
        }

        /// The rules of the account.
        package var rules: XRules { XRules(server: server, access: account) }

        package func makeReader() -> any LiveReader { XReader() }

        /// Sets the rules that are wanted and not there, and removes those of an earlier run.
        package func prepare() throws {
            let rules = rules
            let there = try rules.all()
            guard !wanted.isEmpty else {
                guard !there.isEmpty else {
                    throw SwiftwaterError(
                        .invalidArgument, "the account has no rules, so X would send nothing",
                        remedy: "name what is wanted, such as x:?track=corona")
                }
                return
            }
            let old = there.filter { $0.isOwn && !wanted.contains(XRule($0.value)) }
            let missing = wanted.filter { rule in !there.contains { $0.value == rule.value } }
            try rules.check(missing)
            try rules.remove(old)
            let new = try rules.add(missing)
            added.update { $0 = new }
            let others = there.count - old.count - there.filter { wanted.contains(XRule($0.value)) }.count
            if others > 0 {
                notice(
                    "the account has \(others) other rules, whose posts come too; swiftwater sources rules lists them")
            }
        }

        /// Removes the rules that `prepare` set.
        package func finish() {
            let ids = added.update { ids in
                defer { ids = [] }
                return ids
            }
            do { try rules.remove(ids) } catch {
                notice("rules stay set at X: \(error)")
            }
        }
    }
#endif
