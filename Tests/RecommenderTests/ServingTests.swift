import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

@Suite struct TopNTests {
    private static let ratings = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make().ratings
    private static let model = try! ALS().fit(ratings)

    @Test func listsEqualASortOfAllPredictions() {
        let model = Self.model
        for user in [0, 7, 500] {
            let seen = Set(model.history.columns[model.history.range(of: user)].map(Int.init))
            for includeSeen in [true, false] {
                var expected: [Scored] = []
                for item in 0..<model.itemIDs.count where includeSeen || !seen.contains(item) {
                    if let score = model.predict(userIndex: user, itemIndex: item) {
                        expected.append(Scored(index: item, score: score))
                    }
                }
                expected.sort { left, right in
                    left.score != right.score ? left.score > right.score : left.index < right.index
                }
                let found = model.recommendItems(forUserIndex: user, limit: 10, includeSeen: includeSeen)
                #expect(found.count == 10)
                // The kernels add in a different order: scores agree up to the last digits, and the order agrees except
                // for ties.
                for (a, b) in zip(found, expected) { #expect(abs(a.score - b.score) < 1e-4) }
                if !includeSeen { #expect(found.allSatisfy { !seen.contains($0.index) }) }
            }
        }
        #expect(model.recommendItems(forUserIndex: 99_999, limit: 5).isEmpty)
        #expect(model.recommendItems(forUserIndex: 0, limit: 0).isEmpty)
        #expect(model.recommendItems(forUserIndex: 0, limit: 100_000, includeSeen: true).count == model.itemIDs.count)
    }

    /// For every kernel, small and large ranks, with and without biases, the lists equal a sort of all predictions.
    @Test(
        arguments: InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.best.rawValue },
        [1, 7, 10, 16, 40])
    func everyKernelFindsTheBest(instructionSet: InstructionSet, rank: Int) throws {
        for hasBiases in [false, true] {
            var settings = ALSSettings()
            (settings.rank, settings.maxIterations) = (rank, 1)
            settings.hasBiases = hasBiases
            let resources = TrainingResources(instructionSet: instructionSet)
            let model = try ALS(settings, resources: resources).fit(Self.ratings)
            func check(_ list: [Scored], _ all: [Scored]) {
                let expected = all.sorted { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
                #expect(list.count == min(9, expected.count))
                for (found, right) in zip(list, expected) { #expect(abs(found.score - right.score) < 1e-4) }
                for found in list {
                    let own = all.first { $0.index == found.index }
                    #expect(own.map { abs($0.score - found.score) < 1e-4 } == true, "\(found) must not be listed")
                }
            }
            try model.recommendForAllUsers(limit: 9) { user, list in
                guard user % 41 == 0 else { return }
                let seen = Set(model.history.columns[model.history.range(of: user)])
                check(
                    list,
                    (0..<model.itemIDs.count).filter { !seen.contains(UInt32($0)) }.compactMap { item in
                        model.predict(userIndex: user, itemIndex: item).map { Scored(index: item, score: $0) }
                    })
            }
            try model.recommendForAllItems(limit: 9, includeSeen: true) { item, list in
                guard item % 97 == 0 else { return }
                check(
                    list,
                    (0..<model.userIDs.count).compactMap { user in
                        model.predict(userIndex: user, itemIndex: item).map { Scored(index: user, score: $0) }
                    })
            }
        }
    }

    /// Of equal scores the lower index comes first, also if there are more of them than fit.
    @Test func equalScoresAreInOrderOfIndex() throws {
        let model = try MatrixFactorizationModel(
            userIDs: [1], userFactors: [[1, 1]], itemIDs: (1...200).map { Int64($0) },
            itemFactors: (0..<200).map { $0 % 3 == 1 ? [2, 0] : [0, 1] })
        #expect(model.recommendItems(forUserIndex: 0, limit: 4).map(\.index) == [1, 4, 7, 10])
        #expect(model.recommendItems(forUserIndex: 0, limit: 200).map(\.index).prefix(69).suffix(3) == [199, 0, 2])
        let without = model.recommendItems(
            for: UserVector(factors: [1, 1], offset: 1), limit: 2, filter: .init(deniedIndexes: [1, 7, 5000]))
        #expect(without == [Scored(index: 4, score: 3), Scored(index: 10, score: 3)])
    }

    @Test func usersForAnItem() {
        let model = Self.model
        let found = model.recommendUsers(forItemIndex: 3, limit: 5)
        let seen = Set(
            (0..<model.userIDs.count).filter { model.history.columns[model.history.range(of: $0)].contains(3) })
        let best = (0..<model.userIDs.count).filter { !seen.contains($0) }.compactMap {
            model.predict(userIndex: $0, itemIndex: 3)
        }.max()!
        #expect(found.count == 5 && abs(found[0].score - best) < 1e-4)
        #expect(found.allSatisfy { !seen.contains($0.index) })
    }

    @Test(arguments: [1, 3]) func allUsersAndItemsInOrder(threads: Int) throws {
        let model = Self.model
        var users: [Int] = []
        try model.recommendForAllUsers(limit: 3, threads: threads) { user, list in
            users.append(user)
            if user % 100 == 0 { #expect(list == model.recommendItems(forUserIndex: user, limit: 3)) }
        }
        #expect(users == Array(0..<model.userIDs.count))
        var items = 0
        try model.recommendForAllItems(limit: 3, threads: threads) { item, list in
            items += list.count
            if item % 200 == 0 { #expect(list == model.recommendUsers(forItemIndex: item, limit: 3)) }
        }
        #expect(items == model.itemIDs.count * 3)
    }

    @Test func similarItemsAreByAngle() throws {
        let model = try MatrixFactorizationModel(
            userIDs: [1], userFactors: [[1, 1]], itemIDs: [1, 2, 3, 4],
            itemFactors: [[1, 0], [5, 0.1], [0, 1], [-1, 0]])
        let similar = model.similarItems(toItemIndex: 0, limit: 3)
        #expect(similar.map(\.index) == [1, 2, 3])
        #expect(abs(similar[2].score + 1) < 1e-6)
    }
}

@Suite struct ModelFileTests {
    private let folder = try! TemporaryDirectory()
    private static let model = try! ALS().fit(TextbookRatings.sixUsers)

    @Test func modelsComeBack() throws {
        try ModelFile.write(Self.model, to: folder.file("m"))
        #expect(try ModelFile.read(folder.file("m")) == Self.model)
        let integers = try ALS().fit(Ratings([(user: 1, item: -5, rating: 3), (user: Int64.max, item: 2, rating: 4)]))
        try ModelFile.write(integers, to: folder.file("m"))
        #expect(try ModelFile.read(folder.file("m")) == integers)
    }

    /// Factors and history stay in the mapped file; changes work on a copy.
    @Test func modelsAreUsedInPlace() throws {
        let path = folder.file("m")
        try ModelFile.write(Self.model, to: path)
        let mapped = try ModelFile.read(path)
        #expect(mapped.userFactors.isMapped && mapped.itemFactors.isMapped)
        #expect(mapped.history.columns.isMapped && mapped.history.values.isMapped)
        let bytes = try folder.bytes("m")
        let more = try ALS().fit(TextbookRatings.sixUsers, from: mapped)
        #expect(more == (try ALS().fit(TextbookRatings.sixUsers, from: Self.model)) && !more.userFactors.isMapped)
        #expect(try folder.bytes("m") == bytes)
        // The file of a model may be replaced while the model is in use.
        try ModelFile.write(try ALS().fit(Ratings([(user: 1, item: 1, rating: 3)])), to: path)
        #expect(mapped == Self.model)
        #expect(try ModelFile.read(bytes: bytes) == Self.model)
    }

    /// A model copied to memory is unaffected by writes to its file.
    @Test func copiedModelsOutliveTheirFile() throws {
        let path = folder.file("m")
        try ModelFile.write(Self.model, to: path)
        let copied = try ModelFile.read(path, copied: true)
        #expect(copied.userFactors.isMapped && copied.history.values.isMapped)
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        try handle.truncate(atOffset: 0)
        try handle.close()
        #expect(copied == Self.model)
    }

    /// Version 1 of the format stored its arrays back to back.
    @Test func modelsOfVersionOneAreRead() throws {
        let ratings = Ratings([(user: 1, item: -5, rating: 3), (user: Int64.max, item: 2, rating: 4)])
        var settings = ALSSettings()
        settings.hasBiases = true
        for model in [try ALS(settings).fit(ratings), Self.model] {
            try ModelFile.write(model, to: folder.file("m"))
            let old = try folder.write("old", bytes: VersionOne.bytes(try folder.bytes("m"), model))
            #expect(try ModelFile.read(old) == model)
        }
    }

    /// A model file truncated at any length or with one flipped bit is rejected.
    @Test func damagedModelsAreRefused() throws {
        try ModelFile.write(Self.model, to: folder.file("m"))
        let bytes = Array(try Data(contentsOf: URL(filePath: folder.file("m"))))
        for length in 0..<bytes.count {
            let error = #expect(throws: SwiftwaterError.self) {
                try ModelFile.read(try folder.write("cut", bytes: Array(bytes[..<length])))
            }
            #expect(error?.code == .corrupted && error?.location?.file != nil)
        }
        for bit in stride(from: 0, to: bytes.count * 8, by: 7) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SwiftwaterError.self) { try ModelFile.read(try folder.write("bit", bytes: damaged)) }
        }
        #expect(throws: SwiftwaterError.self) { try ModelFile.read(try folder.write("text", "userId,movieId\n")) }
    }

    /// Impossible numbers under a matching checksum are rejected.
    @Test func impossibleNumbersAreRefused() throws {
        try ModelFile.write(Self.model, to: folder.file("m"))
        let bytes = Array(try Data(contentsOf: URL(filePath: folder.file("m"))))
        for (offset, value) in [
            (12, 0), (12, 513), (16, UInt64.max), (16, 1 << 40), (24, UInt64.max / 4), (32, 1 << 62),
        ] {
            var damaged = Array(bytes.dropLast(4))
            let size = offset == 12 ? 4 : 8
            withUnsafeBytes(of: UInt64(value).littleEndian) {
                damaged.replaceSubrange(offset..<offset + size, with: $0.prefix(size))
            }
            var checksum = Checksum()
            damaged.withUnsafeBytes { checksum.update($0) }
            withUnsafeBytes(of: checksum.value.littleEndian) { damaged.append(contentsOf: $0) }
            let error = #expect(throws: SwiftwaterError.self) {
                try ModelFile.read(try folder.write("d", bytes: damaged))
            }
            #expect(error?.code == .corrupted, "\(offset) \(value)")
        }
    }

    @Test func aFullDiskLeavesTheOldModel() throws {
        let path = folder.file("m")
        try ModelFile.write(Self.model, to: path)
        let before = try Data(contentsOf: URL(filePath: path))
        let other = try ALS().fit(Ratings([(user: 1, item: 1, rating: 3)]))
        let error = #expect(throws: SwiftwaterError.self) {
            let full = FaultyFileSystem { operation, path in
                if operation == .append { throw FileError.make("cannot write", path, ENOSPC) }
            }
            try ModelFile.write(other, to: path, files: full)
        }
        #expect(error?.description.contains("No space left on device") == true)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
}

/// Removes the alignment gaps from a current model file.
private enum VersionOne {
    static func bytes(_ bytes: [UInt8], _ model: MatrixFactorizationModel) -> [UInt8] {
        var (result, offset) = (Array(bytes[..<80]), 80)
        result[8] = 1
        func take(_ count: Int) {
            result += bytes[offset..<offset + count]
            offset += count
        }
        func array(_ count: Int) {
            offset = (offset + 63) / 64 * 64
            take(count)
        }
        let (users, items) = (model.userIDs.count, model.itemIDs.count)
        for ids in [model.userIDs, model.itemIDs] {
            take(1)
            if ids.isInteger {
                array(8 * ids.count)
            } else {
                take(8 + (0..<ids.count).reduce(0) { $0 + 1 + ids[$1].utf8.count })
            }
        }
        array(4 * users * model.rank)
        array(4 * items * model.rank)
        if model.biases != nil { for count in [1, users, items] { array(4 * count) } }
        array(4 * items)
        array(8 * (users + 1))
        array(4 * model.history.columns.count)
        array(4 * model.history.columns.count)
        var checksum = Checksum()
        result.withUnsafeBytes { checksum.update($0) }
        withUnsafeBytes(of: checksum.value.littleEndian) { result.append(contentsOf: $0) }
        return result
    }
}

@Suite struct NeighborhoodTests {
    /// Compares adjusted cosine and shrinkage with explicit sums, on random sparse ratings.
    @Test(arguments: NeighborhoodSettings.Basis.allCases)
    func adjustedCosineIsWhatItSays(basis: NeighborhoodSettings.Basis) throws {
        var random = SeededRandom(seed: 12)
        var table: [Int: [Int: Double]] = [:]
        var rows: [(user: Int64, item: Int64, rating: Float)] = []
        for user in 0..<25 {
            for item in 0..<18 where random.below(3) > 0 {
                let rating = Float(1 + random.below(9)) / 2
                rows.append((Int64(user), Int64(item), rating))
                let (row, column) = basis == .users ? (user, item) : (item, user)
                table[row, default: [:]][column] = Double(rating)
            }
        }
        var settings = NeighborhoodSettings()
        (settings.basis, settings.similarity, settings.shrinkage) = (basis, .adjustedCosine, 7)
        let model = try NeighborhoodModel(Ratings(rows), settings: settings)
        func index(_ row: Int) -> Int {
            (basis == .users ? model.userIDs : model.itemIDs).index(of: Int64(row))!
        }
        func mean(_ column: Int) -> Double {
            let values = table.values.compactMap { $0[column] }
            return values.reduce(0, +) / Double(values.count)
        }
        for left in table.keys.sorted() {
            for right in table.keys.sorted() where right != left {
                let common = table[left]!.keys.filter { table[right]![$0] != nil }
                let a = common.map { table[left]![$0]! - mean($0) }
                let b = common.map { table[right]![$0]! - mean($0) }
                let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
                let length = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
                let n = Double(common.count)
                let expected = common.count < 2 || length == 0 ? 0 : product / length * n / (n + 7)
                #expect(abs(model.similarity(index(left), index(right)) - expected) < 1e-9)
            }
        }
        settings.shrinkage = -1
        #expect(throws: SwiftwaterError.self) { try NeighborhoodModel(Ratings(rows), settings: settings) }
    }

    /// Every prediction for the six users and five films equals the one of `naive_neighbors.py`.
    @Test func predictionsEqualTheNaiveScript() throws {
        let lines = try String(contentsOfFile: PackageFolder.fixture("naive_neighbors.csv"), encoding: .utf8)
            .split(separator: "\n").dropFirst()
        #expect(lines.count == 360)
        var models: [String: NeighborhoodModel] = [:]
        for line in lines {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let key = fields[..<3].joined(separator: ",")
            if models[key] == nil {
                var settings = NeighborhoodSettings()
                settings.basis = try #require(.init(rawValue: fields[0]))
                settings.similarity = try #require(.init(rawValue: fields[1]))
                settings.neighbors = try #require(Int(fields[2]))
                models[key] = try NeighborhoodModel(TextbookRatings.sixUsers, settings: settings)
            }
            let found = models[key]!.predict(user: fields[3], item: fields[4])
            if let expected = Double(fields[5]) {
                #expect(abs(Double(try #require(found)) - expected) < 1e-5, "\(line)")
            } else {
                #expect(found == nil, "\(line)")
            }
        }
    }

    @Test(arguments: NeighborhoodSettings.Basis.allCases, NeighborhoodSettings.Similarity.allCases)
    func rowsAndSinglePredictionsAgree(basis: NeighborhoodSettings.Basis, similarity: NeighborhoodSettings.Similarity)
        throws
    {
        var generator = RatingsGenerator.Settings()
        (generator.users, generator.items, generator.ratings) = (60, 200, 2500)
        let ratings = try RatingsGenerator(generator).make().ratings
        let parts = try ratings.split(weights: [80, 20], seed: 3)
        var settings = NeighborhoodSettings()
        (settings.basis, settings.similarity, settings.neighbors) = (basis, similarity, 5)
        let model = try NeighborhoodModel(parts[0], settings: settings)
        let rows = model.predictions(for: parts[1], threads: 2)
        for row in 0..<parts[1].count {
            #expect(
                rows[row] == model.predict(userIndex: Int(parts[1].users[row]), itemIndex: Int(parts[1].items[row])))
        }
        #expect(try model.evaluate(on: parts[1]).rmse < 1.3)
        let best = model.recommendItems(forUserIndex: 1, limit: 5)
        let seen = Set((0..<parts[0].count).filter { parts[0].users[$0] == 1 }.map { Int(parts[0].items[$0]) })
        #expect(!best.isEmpty && best.allSatisfy { !seen.contains($0.index) })
        #expect(best.allSatisfy { $0.score == model.predict(userIndex: 1, itemIndex: $0.index) })
        #expect(abs(model.similarity(0, 1) - model.similarity(1, 0)) < 1e-12)
    }
}
