import CFuzzer
import FuzzChecks

@main
enum FuzzTables {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            FuzzChecks.tables(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        }
    }
}
