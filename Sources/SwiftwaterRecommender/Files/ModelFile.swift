import SwiftwaterCore
import SwiftwaterStorage

/// A model on disk: one file, versioned, checksummed, and replaced as a whole.
///
/// `docs/FORMATS.md` describes the format.
public enum ModelFile {
    /// The first bytes of the file.
    package static let magic: [UInt8] = Array("SWIFTALS".utf8)
    /// The version that is written.
    package static let version: UInt32 = 2
    /// The version whose arrays are not aligned and must be copied.
    static let versionUnaligned: UInt32 = 1

    /// Writes the model to a temporary file beside `path` and renames it. After any failure, the previous model
    /// remains.
    public static func write(
        _ model: MatrixFactorizationModel, to path: String, files: any FileSystem = URLFileSystem()
    ) throws {
        let file = try AtomicFile(path: path, files: files)
        var output = SectionWriter(file: file)
        var header = ByteWriter()
        header.write(integer: version)
        header.write(integer: UInt32(model.rank))
        header.write(integer: UInt64(model.userIDs.count))
        header.write(integer: UInt64(model.itemIDs.count))
        header.write(integer: UInt64(model.history.columns.count))
        let settings = model.settings
        header.write(integer: UInt32(settings.maxIterations))
        header.write(integer: settings.regularization.bitPattern)
        header.write(byte: settings.isImplicit ? 1 : 0)
        header.write(integer: settings.alpha.bitPattern)
        header.write(integer: settings.seed)
        header.write(byte: UInt8(model.instructionSet.rawValue))
        header.write(byte: UInt8(settings.solver.rawValue))
        header.write(byte: model.biases == nil ? 0 : 1)
        header.write(integer: model.meanRating.bitPattern)
        try output.write(magic)
        try output.write(header.bytes)
        try output.write(identifiers: model.userIDs)
        try output.write(identifiers: model.itemIDs)
        try output.write(column: model.userFactors)
        try output.write(column: model.itemFactors)
        if let biases = model.biases {
            try output.write(array: [biases.mean])
            try output.write(array: biases.users)
            try output.write(array: biases.items)
        }
        try output.write(array: model.itemCounts)
        try output.write(array: model.history.starts.map(UInt64.init))
        try output.write(column: model.history.columns)
        try output.write(column: model.history.values)
        try output.finish()
        try file.commit()
    }

    /// Opens a model.
    ///
    /// Factors and history are used in place in the file, which stays mapped as long as the model lives; its pages are
    /// shared by all programs that use it. The checksum is verified first, which reads the file once.
    ///
    /// - Parameter copied: reads the file into this process's memory, for long-lived programs whose file may be
    ///   overwritten.
    /// - Parameter path: the path of the file.
    /// - Parameter files: where the file is.
    /// - Throws: `notFound`, `io`; `corrupted` if the file is not a model, has another version, was cut, or its
    ///   checksum does not match.
    public static func read(
        _ path: String, copied: Bool = false, files: any FileSystem = URLFileSystem()
    ) throws -> MatrixFactorizationModel {
        let file = try files.map(path, copied: copied)
        do {
            return try file.withBytes { try read($0, file) }
        } catch var error as SwiftwaterError where error.code == .corrupted {
            error.location = error.location ?? .init()
            error.location?.file = path
            throw error
        }
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// - Throws: `corrupted`, like `read(_:copied:files:)`.
    public static func read(bytes: [UInt8]) throws -> MatrixFactorizationModel {
        try bytes.withUnsafeBytes { try read($0, nil) }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, _ file: MappedFile?) throws -> MatrixFactorizationModel {
        var input = try SectionReader(
            bytes, of: file, magic: magic, what: "model file", writer: "`swiftwater train`", remedy: "train again")
        return try read(&input)
    }

    private static func read(_ input: inout SectionReader) throws -> MatrixFactorizationModel {
        let found: UInt32 = try input.integer()
        guard found == version || found == versionUnaligned else {
            throw SwiftwaterError(
                .corrupted, "the model has format version \(found); this program reads versions 1 and \(version)",
                remedy: "train again with this program")
        }
        input.isAligned = found == version
        var settings = ALSSettings()
        settings.rank = Int(try input.integer() as UInt32)
        guard (1...512).contains(settings.rank) else {
            throw SwiftwaterError(.corrupted, "the model's rank is \(settings.rank)", remedy: "train again")
        }
        let (users, items, history) = (try input.count(), try input.count(), try input.count())
        settings.maxIterations = Int(try input.integer() as UInt32)
        settings.regularization = Double(bitPattern: try input.integer())
        settings.isImplicit = try input.integer() as UInt8 == 1
        settings.alpha = Double(bitPattern: try input.integer())
        settings.seed = try input.integer()
        var instructionSet = InstructionSet(rawValue: Int32(try input.integer() as UInt8)) ?? .portable
        if instructionSet.rawValue > InstructionSet.best.rawValue { instructionSet = .best }
        settings.solver = ALSSettings.Solver(rawValue: Int32(try input.integer() as UInt8)) ?? .cholesky
        settings.hasBiases = try input.integer() as UInt8 == 1
        let mean = Double(bitPattern: try input.integer())
        let userIDs = try input.identifiers(count: users)
        let itemIDs = try input.identifiers(count: items)
        let userFactors: NumberColumn<Float> = try input.column(count: users * settings.rank)
        let itemFactors: NumberColumn<Float> = try input.column(count: items * settings.rank)
        var biases: ModelBiases?
        if settings.hasBiases {
            let first: [Float] = try input.array(count: 1)
            biases = ModelBiases(
                mean: first[0], users: try input.array(count: users), items: try input.array(count: items))
        }
        let itemCounts: [UInt32] = try input.array(count: items)
        let starts: [UInt64] = try input.array(count: users + 1)
        let columns: NumberColumn<UInt32> = try input.column(count: history)
        let values: NumberColumn<Float> = try input.column(count: history)
        let rows = RatingMatrix.Rows(starts: starts.map { Int(clamping: $0) }, columns: columns, values: values)
        guard zip(rows.starts, rows.starts.dropFirst()).allSatisfy({ $0 <= $1 }), rows.starts.last == history,
            columns.withUnsafeBufferPointer({ $0.allSatisfy { $0 < UInt32(items) } })
        else { throw SwiftwaterError(.corrupted, "the history's index is out of bounds", remedy: "train again") }
        return MatrixFactorizationModel(
            settings: settings, instructionSet: instructionSet, userIDs: userIDs, itemIDs: itemIDs,
            userFactors: userFactors, itemFactors: itemFactors,
            history: rows, itemCounts: itemCounts, meanRating: mean, biases: biases)
    }
}
