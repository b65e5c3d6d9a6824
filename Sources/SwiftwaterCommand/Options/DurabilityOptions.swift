import ArgumentParser
import Swiftwater

/// Options for state that survives the end of the process.
struct DurabilityOptions: ParsableArguments {
    @Option(
        help: "Keep state in this directory, also in a store (s3://, hdfs://), and continue after a stop or crash.")
    var checkpoint: String?
    @Option(parsing: .unconditional, help: "Interval between checkpoints.", transform: DurationArgument.init(parsing:))
    var checkpointInterval: DurationArgument?
    @Option(
        parsing: .unconditional,
        help: "Longest time until senders are told that posts are safe. (default: 50ms, in a store 1s)",
        transform: DurationArgument.init(parsing:))
    var commitInterval: DurationArgument?
    @Option(
        parsing: .unconditional, help: "Longest time to wait for a store that fails. (default: 10m)",
        transform: DurationArgument.init(parsing:))
    var storePatience: DurationArgument?
    @Option(help: "Discard the saved state of this name (repeatable).") var checkpointDrop: [String] = []
    @Option(help: "OLD=NEW: use the saved state OLD under the name NEW (repeatable).")
    var checkpointRename: [String] = []
    @Option(
        parsing: .unconditional, help: "Longest time to finish batches in after a signal. (default: 30s)",
        transform: DurationArgument.init(parsing:))
    var stopWithin = DurationArgument(.seconds(30))
    @Option(help: "Put failed batches in this directory and continue.") var deadLetter: String?

    func validate() throws {
        try Self.check(renames: checkpointRename)
        try RequiredOption.check(
            "--checkpoint", isThere: checkpoint != nil,
            for: [
                "--checkpoint-interval": checkpointInterval != nil, "--commit-interval": commitInterval != nil,
                "--store-patience": storePatience != nil, "--checkpoint-drop": !checkpointDrop.isEmpty,
                "--checkpoint-rename": !checkpointRename.isEmpty,
            ])
        if storePatience != nil, let checkpoint, !URLFileSystem.isRemote(checkpoint) {
            throw ValidationError("--store-patience requires a --checkpoint in a store, such as s3://.")
        }
        if let commitInterval, commitInterval.duration < .milliseconds(1) {
            throw ValidationError("--commit-interval takes 1ms or more.")
        }
    }

    static func check(renames: [String]) throws {
        for rename in renames where rename.split(separator: "=", omittingEmptySubsequences: false).count != 2 {
            throw ValidationError("--checkpoint-rename takes OLD=NEW, not '\(rename)'.")
        }
    }

    /// Makes the directory of failed batches, so that a wrong path is known before there is one.
    func prepareDeadLetter() throws {
        if let deadLetter, !URLFileSystem.isRemote(deadLetter) { try Directory.create(deadLetter, isPrivate: true) }
    }

    var settings: CheckpointSettings? {
        guard let checkpoint else { return nil }
        var settings = CheckpointSettings(directory: checkpoint)
        settings.interval = checkpointInterval?.duration
        settings.commitInterval = commitInterval?.duration
        settings.storePatience = storePatience?.duration ?? settings.storePatience
        settings.drop = Set(checkpointDrop)
        settings.rename = Self.renames(checkpointRename)
        return settings
    }

    /// Returns the new name of each old one.
    static func renames(_ renames: [String]) -> [String: String] {
        var names: [String: String] = [:]
        for rename in renames {
            let parts = rename.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            names[parts[0]] = parts[1]
        }
        return names
    }
}
