import Foundation

/// Encodes `Codable` types that adopt `StreamCodable` with an empty extension: as counted JSON with sorted keys.
///
/// Sorted keys give equal values equal bytes. Types on a hot path write their own `encode(to:)` instead.
enum RecordEncoder {
    static func encode(_ value: some Encodable, into writer: inout ByteWriter) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            try encoder.encode(value).withUnsafeBytes { writer.write(countedBytes: $0) }
        } catch {
            preconditionFailure("cannot encode \(type(of: value)): \(error); implement encode(to:) for it")
        }
    }
}
