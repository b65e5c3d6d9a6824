#if SparkConnect
    import Crypto
    import Foundation
    import SwiftProtobuf
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSparkProtocol
    import Synchronization

    extension SparkSession {
        /// Uploads ratings, and returns them as a table of `userId`, `movieId`, `rating` (the format's names).
        ///
        /// The rows are sent in pieces. A piece that the session has is not sent again.
        public func upload(_ ratings: Ratings, format: RatingsFormat = RatingsFormat()) async throws -> SparkTable {
            func ids(_ table: IdentifierTable, _ numbers: [UInt32]) -> UploadColumn {
                switch table.storage {
                case .integers(let ids): .longs(numbers.map { ids[Int($0)] })
                case .strings: .texts(numbers.map { table[Int($0)] })
                }
            }
            return try await upload(
                [
                    (format.userColumn, ids(ratings.userIDs, ratings.users)),
                    (format.itemColumn, ids(ratings.itemIDs, ratings.items)),
                    (format.ratingColumn, .floats(ratings.values)),
                ], count: ratings.count)
        }

        /// The number of rows of a piece.
        static let uploadRows = 1 << 20

        func upload(_ columns: [(name: String, values: UploadColumn)], count: Int) async throws -> SparkTable {
            let schema = columns.map { "`\($0.name)` \($0.values.sparkType)" }.joined(separator: ", ")
            var pieces: [SparkTable] = []
            var first = 0
            repeat {
                let rows = first..<min(count, first + Self.uploadRows)
                var relation = SCRelation()
                relation.localRelation.schema = schema
                relation.localRelation.data = Data(
                    ArrowWriter.stream(columns.map { ($0.name, $0.values.slice(rows)) }, count: rows.count))
                pieces.append(SparkTable(self, try await cached(relation)))
                first = rows.upperBound
            } while first < count
            guard pieces.count > 1 else { return pieces[0] }
            let names = pieces.indices.map { "piece\($0)" }
            return sql(
                names.map { "SELECT * FROM \($0)" }.joined(separator: " UNION ALL "),
                tables: Dictionary(uniqueKeysWithValues: zip(names, pieces)))
        }

        /// Sends larger data ahead, once, so that plans only name it.
        private func cached(_ relation: SCRelation) async throws -> SCRelation {
            let bytes: [UInt8] = try relation.localRelation.serializedBytes()
            guard bytes.count > 64 << 10 else { return relation }
            let hash = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            if connection.uploads.withLock({ $0.contains(hash) }) == false {
                try await connection.upload("cache/" + hash, bytes)
                connection.uploads.withLock { _ = $0.insert(hash) }
            }
            var result = SCRelation()
            result.cachedLocalRelation.hash = hash
            return result
        }
    }
#endif
