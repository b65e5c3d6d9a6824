/// The addresses of the columns of ratings that are being filled. Tasks write to separate rows.
struct RatingsOutput: @unchecked Sendable {
    let users: UnsafeMutablePointer<UInt32>
    let items: UnsafeMutablePointer<UInt32>
    let values: UnsafeMutablePointer<Float>
    let timestamps: UnsafeMutablePointer<Int64>
}
