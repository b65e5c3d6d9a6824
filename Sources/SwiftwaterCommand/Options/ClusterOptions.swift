import ArgumentParser
import Swiftwater

/// The option of a Spark cluster.
struct MasterOptions: ParsableArguments {
    @Option(help: "sc://HOST:PORT: run on that Spark cluster, through Spark Connect. Files are the cluster's.")
    var master: String?

    func validate() throws {
        if let master, !master.hasPrefix("sc://") {
            throw ValidationError("--master takes sc://HOST:PORT; without it, the command runs here, on all cores.")
        }
        #if !SparkConnect
            if master != nil {
                throw ValidationError("This program was built without its Spark client (the trait SparkConnect).")
            }
        #endif
    }
}

/// Options for running on a Spark cluster.
struct ClusterOptions: ParsableArguments {
    @OptionGroup var place: MasterOptions
    @Flag(help: "With --master sc://: upload the files of this machine.") var upload = false

    var master: String? { place.master }

    func validate() throws {
        if upload, master == nil { throw ValidationError("--upload requires --master.") }
    }
}
