import ArgumentParser
import Swiftwater
import SwiftwaterPlatform

@main
struct SwiftwaterCommand: AsyncParsableCommand {
    static let version = "0.2.0"

    static let configuration = CommandConfiguration(
        commandName: "swiftwater",
        abstract: "Trending topics and personal recommendations.",
        discussion: """
            Try it        swiftwater demo
            Trends        swiftwater trends --source jetstream:
                          swiftwater relay --from posts.txt
                          swiftwater trends --source socket://127.0.0.1:7773
            Films         swiftwater train ratings.csv --out films.model
                          swiftwater recommend --model films.model --user 42
            Live page     swiftwater serve --demo
            SQL queries   swiftwater sql --table ratings=ratings.csv "SELECT ..."
            Sample data   swiftwater generate ratings --preset 1m --out data

            Exit codes: 0 success, 64 usage error, 65 malformed data, 66 file not found, \
            69 network error, 70 failed batch or computation, 74 disk error, 77 access \
            denied, 130 stopped by Ctrl-C (0 if a stream ends in order), 141 output pipe \
            closed.
            """,
        version: version,
        subcommands: [
            DemoCommand.self, RelayCommand.self, TrendsCommand.self, GenerateCommand.self, RatingsCommand.self,
            TrainCommand.self, PredictCommand.self, EvaluateCommand.self, TuneCommand.self, RecommendCommand.self,
            SimilarCommand.self, FactorsCommand.self, NeighborsCommand.self, SQLCommand.self, CheckpointCommand.self,
            SourcesCommand.self, ConnectorsCommand.self, ConfigCommand.self, DoctorCommand.self,
        ] + cluster + server)

    #if SparkConnect
        private static let cluster: [any ParsableCommand.Type] = [ExplainCommand.self]
    #else
        private static let cluster: [any ParsableCommand.Type] = []
    #endif

    #if Server
        private static let server: [any ParsableCommand.Type] = [ServeCommand.self]
    #else
        private static let server: [any ParsableCommand.Type] = []
    #endif

    @Option(help: "A file with options of commands, in YAML. See 'swiftwater help config'.") var config: String?

    /// Reads the command line, or says what is wrong with it and ends the program.
    private static func parse(_ words: [String]) throws -> any ParsableCommand {
        let input = try ConfiguredInput(CommandLineInput.words(words))
        if let text = CommandLineInput.unknownHelp(input.words) ?? CommandLineInput.repeated(words) {
            ErrorOutput.standard.write(text + "\n")
            ExitStatus.leave(64)
        }
        do { return try parseAsRoot(input.words) } catch {
            guard exitCode(for: error) == .validationFailure else { throw error }
            let full = fullMessage(for: error)
            let text = CommandLineInput.message(for: full, words: input.words)
            if text == nil, input.note.isEmpty { throw error }
            ErrorOutput.standard.write((text ?? full) + "\n" + input.note)
            ExitStatus.leave(64)
        }
    }

    static func main() async {
        // Report a closed pipe or a file-size limit as an error instead of dying silently.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        StandardStream.openMissing()
        StopSignals.endCleanly()
        RemoteStores.register { ErrorOutput.standard.write("swiftwater: \($0)\n") }
        let console = Console()
        if console.showsProgress { StoreTransfer.observe { console.progress($0) } }
        do {
            var command = try parse(Array(CommandLine.arguments.dropFirst()))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as SwiftwaterError {
            // Who stops reading, as head does, has what it wanted.
            if ExitStatus.code(for: error) == 141 { ExitStatus.leave(141) }
            ErrorOutput.standard.write("swiftwater: \(TerminalText.safe(ErrorHints.text(error)))\n")
            ExitStatus.leave(ExitStatus.code(for: error))
        } catch {
            exit(withError: error)
        }
    }
}

/// Exit codes, following sysexits.h.
enum ExitStatus {
    static func leave(_ code: Int32) -> Never { exit(code) }

    static func code(for error: SwiftwaterError) -> Int32 {
        if error.isBrokenPipe { return 141 }
        switch error.code {
        case .invalidArgument, .invalidState: return 64
        case .malformedInput, .corrupted: return 65
        case .notFound: return 66
        case .network: return 69
        case .io: return 74
        case .denied: return 77
        default: return 70
        }
    }
}
