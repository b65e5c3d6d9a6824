import SwiftwaterCore
import SwiftwaterStorage

/// A model on disk: one file, versioned, checksummed, replaced whole. The bytes are drawn in `docs/FORMATS.md`.
public enum ModelFile {
    static let magic: [UInt8] = Array("SWIFTALS".utf8)
    static let version: UInt32 = 1

    /// Writes the model to a temporary file beside `path` and renames it: after any failure the model that was there stays.
    public static func write(_ model: MatrixFactorizationModel, to path: String, faults: FileFaults = .none) throws {
        let file = try AtomicFile(path: path, faults: faults)
        var output = ChecksummedOutput(file: file)
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
        header.write(byte: UInt8(settings.instructionSet.rawValue))
        header.write(byte: UInt8(settings.solver.rawValue))
        header.write(byte: model.biases == nil ? 0 : 1)
        header.write(integer: model.meanRating.bitPattern)
        try output.write(magic)
        try output.write(header.bytes)
        try output.write(identifiers: model.userIDs)
        try output.write(identifiers: model.itemIDs)
        try output.write(array: model.userFactors)
        try output.write(array: model.itemFactors)
        if let biases = model.biases {
            try output.write(array: [biases.mean])
            try output.write(array: biases.users)
            try output.write(array: biases.items)
        }
        try output.write(array: model.itemCounts)
        try output.write(array: model.history.starts.map(UInt64.init))
        try output.write(array: model.history.columns)
        try output.write(array: model.history.values)
        try output.finish()
        try file.commit()
    }

    /// Reads a model.
    ///
    /// - Throws: `notFound`, `io`; `corrupted` where the file is no model, is of another version, was cut, or where its
    ///   checksum does not fit.
    public static func read(_ path: String) throws -> MatrixFactorizationModel {
        do {
            return try MappedFile(path: path).withBytes { try read($0) }
        } catch var error as SwiftwaterError where error.code == .corrupted {
            error.location = error.location ?? .init()
            error.location?.file = path
            throw error
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws -> MatrixFactorizationModel {
        guard bytes.count >= 12, Array(bytes[..<8]) == magic else {
            throw SwiftwaterError(
                .corrupted, "this is no model file", remedy: "name a file that `swiftwater train` wrote")
        }
        var checksum = Checksum()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)]))
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        guard stored == checksum.value else {
            throw SwiftwaterError(
                .corrupted, "the checksum does not fit: the file was cut or damaged",
                remedy: "train again, or restore a copy")
        }
        var input = SectionReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[8..<(bytes.count - 4)]))
        return try read(&input)
    }

    private static func read(_ input: inout SectionReader) throws -> MatrixFactorizationModel {
        let found: UInt32 = try input.integer()
        guard found == version else {
            throw SwiftwaterError(
                .corrupted, "the model has format version \(found) and this program reads version \(version)",
                remedy: "train again with this program")
        }
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
        settings.instructionSet = InstructionSet(rawValue: Int32(try input.integer() as UInt8)) ?? .portable
        if settings.instructionSet.rawValue > InstructionSet.best.rawValue { settings.instructionSet = .best }
        settings.solver = ALSSettings.Solver(rawValue: Int32(try input.integer() as UInt8)) ?? .cholesky
        settings.hasBiases = try input.integer() as UInt8 == 1
        let mean = Double(bitPattern: try input.integer())
        let userIDs = try input.identifiers(count: users)
        let itemIDs = try input.identifiers(count: items)
        let userFactors: [Float] = try input.array(count: users * settings.rank)
        let itemFactors: [Float] = try input.array(count: items * settings.rank)
        var biases: ModelBiases?
        if settings.hasBiases {
            let first: [Float] = try input.array(count: 1)
            biases = ModelBiases(
                mean: first[0], users: try input.array(count: users), items: try input.array(count: items))
        }
        let itemCounts: [UInt32] = try input.array(count: items)
        let starts: [UInt64] = try input.array(count: users + 1)
        let columns: [UInt32] = try input.array(count: history)
        let values: [Float] = try input.array(count: history)
        let rows = RatingMatrix.Rows(starts: starts.map { Int(clamping: $0) }, columns: columns, values: values)
        guard zip(rows.starts, rows.starts.dropFirst()).allSatisfy({ $0 <= $1 }), rows.starts.last == history,
            columns.allSatisfy({ $0 < UInt32(items) })
        else { throw SwiftwaterError(.corrupted, "the history's index is out of bounds", remedy: "train again") }
        return MatrixFactorizationModel(
            settings: settings, userIDs: userIDs, itemIDs: itemIDs, userFactors: userFactors, itemFactors: itemFactors,
            history: rows, itemCounts: itemCounts, meanRating: mean, biases: biases)
    }
}

private struct ChecksummedOutput {
    let file: AtomicFile
    var checksum = Checksum()

    mutating func write(_ raw: UnsafeRawBufferPointer) throws {
        checksum.update(raw)
        try file.write(raw)
    }

    mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Little-endian machines only, which are all that Swift runs on here; checked when the program is built.
    mutating func write<Element: BitwiseCopyable>(array: [Element]) throws {
        try array.withUnsafeBytes { try write($0) }
    }

    mutating func write(identifiers: IdentifierTable) throws {
        switch identifiers.storage {
        case .integers(let ids):
            try write([0])
            try write(array: ids)
        case .strings(let ids):
            try write([1])
            var bytes = ByteWriter()
            for id in ids { bytes.write(string: id) }
            var count = ByteWriter()
            count.write(integer: UInt64(bytes.bytes.count))
            try write(count.bytes)
            try write(bytes.bytes)
        }
    }

    mutating func finish() throws {
        var writer = ByteWriter()
        writer.write(integer: checksum.value)
        try file.write(writer.bytes)
    }
}

/// Reads sections with every bound checked.
private struct SectionReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - offset else {
            throw SwiftwaterError(
                .corrupted, "the file ends before its parts do", at: .init(byteOffset: offset), remedy: "train again")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
        Integer(littleEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
    }

    /// A number of users, items or ratings: each takes bytes of its own, so there are at most as many as bytes.
    mutating func count() throws -> Int {
        let found: UInt64 = try integer()
        guard found <= UInt64(bytes.count) else {
            throw SwiftwaterError(
                .corrupted, "the file speaks of \(found) entries in \(bytes.count) bytes", remedy: "train again")
        }
        return Int(found)
    }

    mutating func array<Element: BitwiseCopyable>(count: Int) throws -> [Element] {
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        let raw = try take(overflow ? -1 : size)
        return [Element](unsafeUninitializedCapacity: count) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
            filled = count
        }
    }

    mutating func identifiers(count: Int) throws -> IdentifierTable {
        let kind: UInt8 = try integer()
        if kind == 0 { return IdentifierTable(storage: .integers(try array(count: count))) }
        let size: UInt64 = try integer()
        var reader = ByteReader(Array(try take(Int(truncatingIfNeeded: size))))
        var ids: [String] = []
        for _ in 0..<count { ids.append(try reader.readString()) }
        return IdentifierTable(storage: .strings(ids))
    }
}

#if _endian(big)
    #error("model files are little-endian and written as memory holds them")
#endif
