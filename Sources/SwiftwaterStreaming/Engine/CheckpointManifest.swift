import SwiftwaterCore
import SwiftwaterStorage

/// The contents of a checkpoint: its program, the positions of its sources, and the objects that hold its states.
package struct CheckpointManifest: Sendable, Equatable {
    /// A step with a state, or a source.
    package struct Step: Sendable, Equatable {
        /// The step's name, by which a program finds it again.
        package var name: String
        /// The name of the operator, or `source`.
        package var kind: String
        static let sourceKind = "source"
        /// The names of the stored types; for a source, what it reads.
        package var types: [String]
        /// The window's length; nil without a window.
        package var window: Duration?
        /// The interval at which the step makes batches.
        package var slide: Duration
        /// The version of the state.
        package var version: Int
        /// The version of the encoding of the types.
        package var codecVersion = currentCodecVersion
        /// The version of `StreamCodable`'s encodings.
        package static let currentCodecVersion = 1
        /// The objects that hold the state.
        package var objects: [Object]
        /// The position of a source.
        package var position: [UInt8]?
    }

    /// An object that holds a part of a state.
    package struct Object: Sendable, Equatable {
        /// The object's key in the store.
        package var key: String
        /// The size of the unsealed bytes.
        package var byteCount: Int
        /// The checksum of the unsealed bytes.
        package var checksum: UInt32
    }

    /// A source with another name in older records of the log.
    package struct Rename: Sendable, Equatable {
        /// The name in the older records.
        package var old: String
        /// The name since then.
        package var new: String
        /// The number of the first record with the new name.
        package var before: UInt64
    }

    /// The program's name.
    package var appName: String
    /// The program's batch interval.
    package var batchInterval: Duration
    /// The time that slides are counted from.
    package var zeroTime: BatchTime
    /// The last batch that the states include.
    package var time: BatchTime
    /// The number of the log's first record after this checkpoint.
    package var nextRecord: UInt64
    /// The time at which the checkpoint was written.
    package var written: BatchTime
    /// The steps with a state, and the sources.
    package var steps: [Step]
    /// The names of the outputs.
    package var outputs: [String]
    /// The renamed sources.
    package var renames: [Rename] = []

    /// The version that is written and read.
    package static let formatVersion: UInt32 = 1
    static let prefix = "checkpoint-"

    /// Returns the key of the manifest at a time. Keys sort as their times do.
    static func key(_ time: BatchTime) -> String { prefix + zeroPadded(Int(time.milliseconds), 16) }

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(integer: CheckpointManifest.formatVersion)
        writer.write(string: appName)
        for number in [batchInterval.wholeMilliseconds, zeroTime.milliseconds, time.milliseconds, written.milliseconds]
        {
            writer.write(integer: number)
        }
        writer.write(integer: nextRecord)
        writer.write(count: steps.count)
        for step in steps { step.encode(to: &writer) }
        outputs.encode(to: &writer)
        writer.write(count: renames.count)
        for rename in renames {
            writer.write(string: rename.old)
            writer.write(string: rename.new)
            writer.write(integer: rename.before)
        }
        return SealedBytes.seal(writer.bytes)
    }

    init(
        appName: String, batchInterval: Duration, zeroTime: BatchTime, time: BatchTime, nextRecord: UInt64,
        written: BatchTime, steps: [Step], outputs: [String]
    ) {
        self.appName = appName
        self.batchInterval = batchInterval
        self.zeroTime = zeroTime
        self.time = time
        self.nextRecord = nextRecord
        self.written = written
        self.steps = steps
        self.outputs = outputs
    }

    /// Decodes a manifest.
    ///
    /// - Throws: `corrupted` if the bytes are damaged or have another version.
    init(decoding bytes: [UInt8], name: String) throws {
        var reader = ByteReader(try SealedBytes.open(bytes, name: name))
        let version = try reader.readInteger(UInt32.self)
        guard version == CheckpointManifest.formatVersion else {
            throw SwiftwaterError(
                .corrupted,
                "the checkpoint has format version \(version); this program reads \(CheckpointManifest.formatVersion)",
                at: .init(file: name), remedy: "use the version that wrote it")
        }
        appName = try reader.readString()
        batchInterval = .milliseconds(try reader.readInteger(Int64.self))
        zeroTime = BatchTime(milliseconds: try reader.readInteger(Int64.self))
        time = BatchTime(milliseconds: try reader.readInteger(Int64.self))
        written = BatchTime(milliseconds: try reader.readInteger(Int64.self))
        nextRecord = try reader.readInteger(UInt64.self)
        steps = []
        for _ in 0..<(try reader.readCount()) { steps.append(try Step(from: &reader)) }
        outputs = try [String].decode(from: &reader)
        for _ in 0..<(try reader.readCount()) {
            renames.append(
                Rename(
                    old: try reader.readString(), new: try reader.readString(),
                    before: try reader.readInteger(UInt64.self)))
        }
    }
}

extension CheckpointManifest.Step {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.write(string: name)
        writer.write(string: kind)
        types.encode(to: &writer)
        writer.write(integer: window?.wholeMilliseconds ?? -1)
        writer.write(integer: slide.wholeMilliseconds)
        writer.write(integer: Int64(version))
        writer.write(integer: Int64(codecVersion))
        writer.write(count: objects.count)
        for object in objects {
            writer.write(string: object.key)
            writer.write(count: object.byteCount)
            writer.write(integer: object.checksum)
        }
        writer.write(byte: position == nil ? 0 : 1)
        if let position { position.withUnsafeBytes { writer.write(countedBytes: $0) } }
    }

    fileprivate init(from reader: inout ByteReader) throws {
        name = try reader.readString()
        kind = try reader.readString()
        types = try [String].decode(from: &reader)
        let window = try reader.readInteger(Int64.self)
        self.window = window < 0 ? nil : .milliseconds(window)
        slide = .milliseconds(try reader.readInteger(Int64.self))
        version = Int(try reader.readInteger(Int64.self))
        codecVersion = Int(try reader.readInteger(Int64.self))
        objects = []
        for _ in 0..<(try reader.readCount()) {
            objects.append(
                .init(
                    key: try reader.readString(), byteCount: try reader.readCount(),
                    checksum: try reader.readInteger(UInt32.self)))
        }
        position = try reader.readByte() == 0 ? nil : try reader.readCountedBytes { Array($0) }
    }

    /// Returns how this step of the program differs from the stored one, in words, or nil if it does not.
    func difference(from stored: CheckpointManifest.Step) -> String? {
        if kind != stored.kind { return "it was \(stored.kind) and is \(kind)" }
        if kind == CheckpointManifest.Step.sourceKind {
            // Earlier versions did not note what a source read.
            guard let old = stored.types.first, let now = types.first, old != now else { return nil }
            return "it read from '\(old)' and reads from '\(now)'"
        }
        if types != stored.types {
            return "its types were \(stored.types.joined(separator: ", ")) and are \(types.joined(separator: ", "))"
        }
        if window != stored.window {
            return "its window was \(stored.window?.label ?? "none") and is \(window?.label ?? "none")"
        }
        if slide != stored.slide { return "its slide was \(stored.slide.label) and is \(slide.label)" }
        if version != stored.version { return "its version was \(stored.version) and is \(version)" }
        if codecVersion != stored.codecVersion {
            return "its codec version was \(stored.codecVersion) and is \(codecVersion)"
        }
        return nil
    }
}
