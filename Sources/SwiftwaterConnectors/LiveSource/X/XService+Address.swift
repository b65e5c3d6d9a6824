#if Services
    import SwiftwaterCore

    extension XService {
        private static let parameters = "the parameters are track, rule and backfillMinutes"

        /// Reads an address: `x:` with `track=WORD` and `rule=QUERY` as often as wanted, and `backfillMinutes=N` for
        /// accounts that have the right to it; `x:http://HOST:PORT` for a server of tests.
        ///
        /// - Throws: `invalidArgument` with what is wrong with the address; `denied` without a token.
        package convenience init(
            _ text: String, environment: [String: String], policy: LinkPolicy = .x,
            notice: @escaping @Sendable (String) -> Void = { _ in }
        ) throws {
            let address = ServiceAddress(text)!
            let remedy = "write x:?track=WORD; " + XService.parameters
            var server = LiveServerAddress(host: "api.x.com", port: 443, isSecure: true)
            var rest = Substring(address.rest)
            if address.hasSlashes || !rest.isEmpty {
                if !address.hasSlashes {
                    guard rest.hasPrefix("http://") else { throw address.problem("is not the address of X", remedy) }
                    (rest, server.isSecure) = (rest.dropFirst(7), false)
                }
                (server.host, server.port) = try address.server(rest, port: server.isSecure ? 443 : 80)
            }
            var (rules, minutes) = ([XRule](), 0)
            for (name, value) in address.parameters {
                guard !value.isEmpty else {
                    throw address.problem("has no value for \(name)", "write \(name)=VALUE, or leave it out")
                }
                switch name {
                case "track", "rule":
                    let rule = name == "track" ? XRule(track: value) : XRule(value)
                    if !rules.contains(rule) { rules.append(rule) }
                case "backfillMinutes":
                    guard let number = Int(value), (0...5).contains(number) else {
                        throw address.problem("has a backfill of '\(value)'", "X takes 0 to 5 minutes")
                    }
                    minutes = number
                default:
                    throw address.problem("has the parameter \(name), which is not known", XService.parameters)
                }
            }
            self.init(
                server: server, rules: rules, backfillMinutes: minutes,
                account: try XAccess(server: server, environment: environment), policy: policy, notice: notice)
        }
    }
#endif
