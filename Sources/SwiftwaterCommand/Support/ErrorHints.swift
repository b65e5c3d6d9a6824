import Swiftwater

/// The command-line options for the settings that library errors name.
enum ErrorHints {
    private static func options(_ setting: SwiftwaterError.Setting) -> String? {
        switch setting {
        case .port: "--port"
        case .ratingsFormat:
            "--format, --user-column, --item-column, --rating-column, --timestamp-column, --separator, --no-header"
        case .catalogueFormat: "--movies-format, --movies-columns, --movies-separator"
        case .decimalComma: "--decimal-comma"
        case .requiresIntegerIDs: "--integer-ids"
        case .acknowledgments: "relay --ack"
        case .token: "SWIFTWATER_TOKEN, --token-file, --behind-proxy"
        case .damagedHistory: "--new-charts"
        case .cache: "--cache"
        case .checkpointMigration: "--checkpoint-drop NAME, --checkpoint-rename OLD=NEW"
        default: nil
        }
    }

    /// Returns the error in one line, with the options that would help.
    static func text(_ error: SwiftwaterError) -> String {
        guard let options = error.setting.flatMap(options) else { return "\(error)" }
        var error = error
        error.remedy = (error.remedy.map { $0 + " " } ?? "see ") + "(\(options))"
        return "\(error)"
    }
}
