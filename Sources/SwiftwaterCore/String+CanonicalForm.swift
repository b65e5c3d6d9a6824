import Foundation

/// How a `Codable` type that joins `StreamCodable` with an empty extension is written: as JSON with sorted keys, counted.
///
/// Sorted keys make equal values equal bytes. Types on a hot path write their own `encode(to:)` instead.
enum RecordEncoder {
    static func encode(_ value: some Encodable, into writer: inout ByteWriter) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            try encoder.encode(value).withUnsafeBytes { writer.write(countedBytes: $0) }
        } catch {
            preconditionFailure("\(type(of: value)) cannot be encoded: \(error); write encode(to:) for it")
        }
    }
}

enum RecordDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from reader: inout ByteReader) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let data = try reader.readCountedBytes { Data($0) }
        do {
            return try decoder.decode(type, from: data)
        } catch {
            throw SwiftwaterError(
                .corrupted, "the bytes do not hold a \(type)", at: .init(byteOffset: reader.offset), cause: error)
        }
    }
}

extension String {
    /// The canonical composition, equal for all strings that `==` calls equal.
    var canonicalForm: String { precomposedStringWithCanonicalMapping }
}
