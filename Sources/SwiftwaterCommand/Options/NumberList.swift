import ArgumentParser
import Swiftwater

/// A comma-separated list of numbers: `60,20,20`.
struct NumberList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Number]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Number(String($0)) }
        guard values.count == parts.count, !values.isEmpty else { return nil }
        self.values = values
    }

    init(_ values: [Number]) { self.values = values }

    /// The list in command-line form: whole numbers have no fraction.
    var defaultValueDescription: String {
        values.map { "\($0)".hasSuffix(".0") ? String("\($0)".dropLast(2)) : "\($0)" }.joined(separator: ",")
    }
}
