import CFuzzer
import FuzzChecks

@main
enum FuzzPosts {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            FuzzChecks.posts(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        }
    }
}
