import Foundation

extension String {
    /// The canonical composition (NFC): identical for all strings that compare equal with `==`.
    var canonicalForm: String { precomposedStringWithCanonicalMapping }
}
