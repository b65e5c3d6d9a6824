#if Server
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming

    /// How the live sources of a stream are doing, for pages, the API and metrics.
    struct SourceReport: Sendable {
        let sources: [(name: String, status: SourceStatus)]

        init(_ context: StreamingContext) { sources = context.sourceStatuses }

        /// Writes an array of objects.
        func write(to json: inout JSONWriter) {
            json.array(sources) { json, source in
                let status = source.status
                json.object { json in
                    json.member("name", source.name)
                    json.member("link", status.link.rawValue)
                    json.member("since", status.since.wholeMilliseconds)
                    json.member("place", status.place)
                    json.member("reason", status.reason)
                    json.member("posts", status.lines)
                    json.member("postsPerSecond", status.linesPerSecond)
                    json.member("delayMilliseconds", status.delay?.wholeMilliseconds)
                    json.member("behind", status.behind)
                    json.member("repeated", status.repeated)
                    json.member("malformed", status.malformed)
                    json.member("gaps", status.gaps)
                    json.member("gapMilliseconds", status.gapTime.wholeMilliseconds)
                    json.member("lastGap", status.lastGap?.found.wholeMilliseconds)
                }
            }
        }
    }
#endif
