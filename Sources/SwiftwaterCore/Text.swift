/// UTF-8 text: a slice of a receiver's block, a short text stored inline, or a copy that owns its bytes.
///
/// Comparison, hashing, `hasPrefix` and `split` work on bytes, as Spark's strings do: two canonical forms of one
/// character are different texts. `String(text)` gives a `String`.
///
/// Layout (24 bytes):
///
///     up to 15 bytes   word0: bytes 0-7           word1: bytes 8-14, count in the top byte        owner: nil
///     more             word0: address             word1: count, top bit set                       owner: see below
///
/// A slice of a block is not reference-counted (`owner` is nil in release builds). The block outlives the tasks of its
/// batch, and the engine copies what it keeps longer (keys, state, cached and collected elements) with `detached()`.
/// Code that takes a slice out of a task in another way must call `detached()` or `String(text)` itself. Debug builds
/// keep the block as owner and stop with a message if that was forgotten. Texts of up to 15 bytes are always values.
@frozen
public struct Text: @unchecked Sendable {
    @usableFromInline internal var word0: UInt64
    @usableFromInline internal var word1: UInt64
    @usableFromInline internal var owner: TextOwner?

    @inlinable internal init(word0: UInt64, word1: UInt64, owner: TextOwner?) {
        self.word0 = word0
        self.word1 = word1
        self.owner = owner
    }

    @inlinable internal static var sliceFlag: UInt64 { 0x8000_0000_0000_0000 }
    /// The length in bytes up to which a text is stored inline.
    @inlinable public static var inlineCapacity: Int { 15 }

    /// Creates an empty text.
    @inlinable public init() { self.init(word0: 0, word1: 0, owner: nil) }

    /// Creates a text over bytes that something else keeps alive. The caller guarantees that `owner`, or another owner
    /// of the bytes, outlives the text.
    @inlinable
    package init(unownedBytes bytes: UnsafeBufferPointer<UInt8>, owner: TextOwner?) {
        if bytes.count <= Text.inlineCapacity {
            self.init(inline: bytes)
        } else {
            self.init(
                word0: UInt64(UInt(bitPattern: bytes.baseAddress.unsafelyUnwrapped)),
                word1: UInt64(bytes.count) | Text.sliceFlag, owner: owner)
        }
    }

    @inlinable
    internal init(inline bytes: UnsafeBufferPointer<UInt8>) {
        let count = bytes.count
        guard count > 0 else { self.init(); return }
        let base = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped)
        var low: UInt64 = 0
        var high: UInt64 = 0
        if count >= 8 {
            low = base.loadUnaligned(as: UInt64.self)
            // The last 8 bytes overlap the first 8; shift the overlap away.
            if count > 8 {
                let last = base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
                high = last >> UInt64(8 * (16 - count))
            }
        } else if count >= 4 {
            low = UInt64(base.loadUnaligned(as: UInt32.self))
            let last = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            low |= last << UInt64(8 * (count - 4))
        } else {
            for index in 0..<count {
                low |= UInt64(base.load(fromByteOffset: index, as: UInt8.self)) << UInt64(8 * index)
            }
        }
        self.init(word0: low, word1: high | (UInt64(count) << 56), owner: nil)
    }

    /// The two words of the layout above. For a text of more than 15 bytes, they point to bytes that something else
    /// keeps alive.
    @inlinable package var words: (UInt64, UInt64) { (word0, word1) }

    /// Creates a text from the words of another, without an owner.
    @inlinable package init(word0: UInt64, word1: UInt64) { self.init(word0: word0, word1: word1, owner: nil) }

    /// Creates a text with a copy of `bytes`. `String(text)` returns them unchanged only if they are valid UTF-8.
    @inlinable
    public init(copying bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count <= Text.inlineCapacity {
            self.init(inline: bytes)
        } else {
            let storage = TextStorage(copying: bytes)
            self.init(unownedBytes: UnsafeBufferPointer(start: storage.base, count: bytes.count), owner: storage)
        }
    }

    /// Creates a text with a copy of the string's UTF-8.
    @inlinable
    public init(_ string: some StringProtocol) {
        var string = String(string)
        self = string.withUTF8 { Text(copying: $0) }
    }

    /// The number of bytes.
    @inlinable public var utf8Count: Int {
        isInline ? Int(word1 >> 56) : Int(word1 & ~Text.sliceFlag)
    }
    /// Whether the text has no bytes.
    @inlinable public var isEmpty: Bool { word1 == 0 }
    @inlinable internal var isInline: Bool { word1 & Text.sliceFlag == 0 }

    /// Calls `body` with the UTF-8 bytes, which are valid during the call only. O(1).
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if isInline {
            var words = (word0, word1)
            let count = utf8Count
            return try withUnsafePointer(to: &words) { pointer throws(Failure) in
                try body(
                    UnsafeBufferPointer(
                        start: UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self), count: count))
            }
        }
        #if DEBUG
            owner?.checkAlive()
        #endif
        let pointer = UnsafePointer<UInt8>(bitPattern: UInt(word0)).unsafelyUnwrapped
        let result = try body(UnsafeBufferPointer(start: pointer, count: utf8Count))
        withExtendedLifetime(owner) {}
        return result
    }

    /// Returns a copy that owns its bytes, so that it can outlive the batch it came from. O(length) for slices of more
    /// than 15 bytes, O(1) otherwise.
    @inlinable
    public func detached() -> Text {
        if isInline { return self }
        if let owner, owner.isOwnedByText { return self }
        return withBytes { Text(copying: $0) }
    }
}

/// An object that keeps the bytes of a `Text` alive.
public class TextOwner: @unchecked Sendable {
    /// Whether the bytes live as long as the text (a copy), rather than as long as a batch (a block).
    @usableFromInline package let isOwnedByText: Bool
    private var isRetired = false

    /// Creates an owner.
    package init(isOwnedByText: Bool) { self.isOwnedByText = isOwnedByText }

    /// Marks the bytes as gone. In debug builds, a later use of a slice stops the program with a message.
    package final func retire() { isRetired = true }

    /// Stops the program if the owner has been retired.
    @usableFromInline package final func checkAlive() {
        precondition(
            !isRetired,
            "a Text outlived the batch it came from: keep text.detached() or String(text) instead of the slice")
    }
}

/// The owned bytes of a copied text.
@usableFromInline package final class TextStorage: TextOwner, @unchecked Sendable {
    /// The first byte.
    @usableFromInline package let base: UnsafeMutablePointer<UInt8>

    /// Copies `bytes`.
    @usableFromInline package init(copying bytes: UnsafeBufferPointer<UInt8>) {
        base = .allocate(capacity: bytes.count)
        if let start = bytes.baseAddress { base.initialize(from: start, count: bytes.count) }
        super.init(isOwnedByText: true)
    }

    deinit { base.deallocate() }
}
