import ArgumentParser

/// Options that do nothing without another one.
enum RequiredOption {
    /// Refuses options that were given without the one that they belong to.
    ///
    /// - Parameters:
    ///   - required: what they require, as it is written on the command line.
    ///   - isThere: whether it is there.
    ///   - options: the name of each option, and whether it was given.
    /// - Throws: An error of the command line that names the options.
    static func check(_ required: String, isThere: Bool, for options: KeyValuePairs<String, Bool>) throws {
        let given = options.filter(\.value).map(\.key)
        guard !isThere, let last = given.last else { return }
        let others = given.dropLast().joined(separator: ", ")
        throw ValidationError(
            others.isEmpty ? "\(last) requires \(required)." : "\(others) and \(last) require \(required).")
    }
}
