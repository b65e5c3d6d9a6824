#if Services
    import ArgumentParser
    import Swiftwater

    extension SourcesCommand {
        struct Rules: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Lists the rules of an account of X, or removes them.",
                discussion: """
                    A stream of x: sets the rules of its address and removes them when it stops. Those of a \
                    program that was killed stay until the next one starts, or until they are removed here.

                      swiftwater sources rules
                      swiftwater sources rules --remove
                    """)
            @Argument(help: "Address of the API, without parameters.") var url = "x:"
            @Flag(help: "Remove the rules that swiftwater set.") var remove = false
            @Flag(help: "Print JSON.") var json = false

            func run() throws {
                let rules = try LiveSources.rules(url)
                let all = try rules.all()
                let own = all.filter(\.isOwn)
                if remove {
                    try rules.remove(own)
                    return try StandardStream.output.write("removed \(own.count) of \(all.count) rules\n")
                }
                if json {
                    return try StandardStream.output.write(
                        JSONWriter.object { json in
                            json.member("rules", array: all) { json, rule in
                                json.object { json in
                                    json.member("id", rule.id)
                                    json.member("value", rule.value)
                                    json.member("tag", rule.tag)
                                }
                            }
                        } + "\n")
                }
                for rule in all {
                    let tag = rule.tag.map { "  (\($0))" } ?? ""
                    try StandardStream.output.write(TerminalText.safe("\(rule.id)  \(rule.value)\(tag)") + "\n")
                }
                if all.isEmpty { Console().remark("the account has no rules") }
            }
        }
    }
#endif
