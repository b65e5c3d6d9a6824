import Foundation

/// Decodes values written by `RecordEncoder`.
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
