import Swiftwater

/// What `doctor` found, and what to do about it.
struct Finding {
    enum Grade: String {
        case good, remark, bad

        /// The word in a table.
        var word: String {
            switch self {
            case .good: "ok"
            case .remark: "note"
            case .bad: "BAD"
            }
        }
    }

    let grade: Grade
    /// What was looked at, such as `clock` or `serve: model`.
    let subject: String
    let text: String
    /// What to do; empty if there is nothing to do.
    var remedy = ""

    /// The finding of an error.
    init(_ subject: String, _ error: any Error) {
        let known = error as? SwiftwaterError
        self.init(
            .bad, subject, known.map { "\($0.location.map { "\($0): " } ?? "")\($0.message)" } ?? "\(error)",
            known?.remedy ?? "")
    }

    init(_ grade: Grade, _ subject: String, _ text: String, _ remedy: String = "") {
        (self.grade, self.subject, self.text, self.remedy) = (grade, subject, text, remedy)
    }
}
