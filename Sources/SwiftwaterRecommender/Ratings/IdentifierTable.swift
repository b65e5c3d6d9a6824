import SwiftwaterCore

/// The ids of users or of items: 64-bit integers or strings, each with its index in columns and factors.
///
/// Ids are numbered in the order in which they were first seen.
public struct IdentifierTable: Sendable, Equatable {
    /// All ids, in the order of their indexes.
    public enum Storage: Sendable, Equatable {
        /// 64-bit integer ids.
        case integers([Int64])
        /// String ids.
        case strings([String])
    }

    /// All ids, in the order of their indexes.
    public private(set) var storage: Storage
    private var integerIndex = IntegerIndex()
    private var stringIndex: [Text: UInt32] = [:]

    /// Creates an empty table of integer ids.
    public init() { storage = .integers([]) }

    init(isInteger: Bool) { storage = isInteger ? .integers([]) : .strings([]) }

    init(storage: Storage) {
        self.storage = storage
        switch storage {
        case .integers(let ids):
            for (index, id) in ids.enumerated() { _ = integerIndex.number(of: id, next: UInt32(index)) }
        case .strings(let ids): for (index, id) in ids.enumerated() { stringIndex[Text(id)] = UInt32(index) }
        }
    }

    /// The number of ids.
    public var count: Int {
        switch storage {
        case .integers(let ids): ids.count
        case .strings(let ids): ids.count
        }
    }

    /// Whether the ids are integers.
    public var isInteger: Bool { if case .integers = storage { true } else { false } }

    /// The id at `index`, as written. O(1).
    public subscript(index: Int) -> String {
        switch storage {
        case .integers(let ids): String(ids[index])
        case .strings(let ids): ids[index]
        }
    }

    /// Returns the index of an id as written, or nil if it is unknown. O(1) on average.
    public func index(of id: String) -> Int? {
        switch storage {
        // As written: 007 is not the id 7.
        case .integers: Int64(id).flatMap { String($0) == id ? integerIndex[$0] : nil }.map(Int.init)
        case .strings: stringIndex[Text(id)].map(Int.init)
        }
    }

    /// Returns the index of an integer id, or nil if it is unknown. O(1) on average.
    public func index(of id: Int64) -> Int? {
        isInteger ? integerIndex[id].map(Int.init) : index(of: String(id))
    }

    mutating func insert(_ id: Int64) -> UInt32 {
        guard case .integers(var ids) = storage else { return insert(Text(String(id))) }
        let number = integerIndex.number(of: id, next: UInt32(ids.count))
        guard number == UInt32(ids.count) else { return number }
        storage = .integers([])  // keeps the array uniquely referenced while it grows
        ids.append(id)
        storage = .integers(ids)
        return number
    }

    mutating func insert(_ id: Text) -> UInt32 {
        if let known = stringIndex[id] { return known }
        guard case .strings(var ids) = storage else { preconditionFailure("a string id in a table of integers") }
        let index = UInt32(ids.count)
        storage = .strings([])
        ids.append(String(id))
        storage = .strings(ids)
        stringIndex[id.detached()] = index
        return index
    }

    /// Compares the ids and their order.
    public static func == (left: IdentifierTable, right: IdentifierTable) -> Bool { left.storage == right.storage }
}
