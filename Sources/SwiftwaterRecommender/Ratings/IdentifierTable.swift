import SwiftwaterCore

/// The ids of users or of items: 64-bit integers or strings, each with the index by which columns and factors know it.
///
/// Ids are numbered in the order in which they were first seen.
public struct IdentifierTable: Sendable, Equatable {
    /// All ids, in the order of their numbers.
    public enum Storage: Sendable, Equatable {
        case integers([Int64])
        case strings([String])
    }

    public private(set) var storage: Storage
    private var integerIndex = IntegerIndex()
    private var stringIndex: [Text: UInt32] = [:]

    /// An empty table of integer ids.
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

    public var count: Int {
        switch storage {
        case .integers(let ids): ids.count
        case .strings(let ids): ids.count
        }
    }

    public var isInteger: Bool { if case .integers = storage { true } else { false } }

    /// The id with number `index`, as it is written. O(1).
    public subscript(index: Int) -> String {
        switch storage {
        case .integers(let ids): String(ids[index])
        case .strings(let ids): ids[index]
        }
    }

    /// The index of an id as it is written, or nil where it is unknown. O(1) on average.
    public func index(of id: String) -> Int? {
        switch storage {
        // As it is written: 007 is no name of 7.
        case .integers: Int64(id).flatMap { String($0) == id ? integerIndex[$0] : nil }.map(Int.init)
        case .strings: stringIndex[Text(id)].map(Int.init)
        }
    }

    /// The index of an integer id, or nil where it is unknown.
    public func index(of id: Int64) -> Int? {
        isInteger ? integerIndex[id].map(Int.init) : index(of: String(id))
    }

    mutating func insert(_ id: Int64) -> UInt32 {
        guard case .integers(var ids) = storage else { return insert(Text(String(id))) }
        let number = integerIndex.number(of: id, next: UInt32(ids.count))
        guard number == UInt32(ids.count) else { return number }
        storage = .integers([])  // keeps the array unique while it grows
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

    public static func == (left: IdentifierTable, right: IdentifierTable) -> Bool { left.storage == right.storage }
}
