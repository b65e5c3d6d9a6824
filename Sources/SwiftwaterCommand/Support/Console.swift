import Swiftwater
import SwiftwaterPlatform

/// Command output: results on standard output, remarks and progress on standard error.
///
/// Colors and progress appear only on a terminal.
struct Console: Sendable {
    let hasColour: Bool
    let showsProgress: Bool

    init() {
        let isPlain = getenv("NO_COLOR") != nil || getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        hasColour = StandardStream.output.isTerminal && !isPlain
        showsProgress = StandardStream.error.isTerminal && !isPlain
    }

    func line(_ text: String = "") throws { try StandardStream.output.write(text + "\n") }

    /// Writes a remark, in lines of 79 columns on a terminal.
    func remark(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let fitting =
            StandardStream.error.isTerminal
            ? lines.flatMap { line in
                Format.columns(line) < 80
                    ? [line]
                    : Format.wrapped(line, 79).enumerated().map { $0.offset == 0 ? $0.element : "  " + $0.element }
            } : lines
        ErrorOutput.standard.write(fitting.joined(separator: "\n") + "\n")
    }

    enum Style: String { case bold = "1", dim = "2", accent = "36", good = "32" }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Redraws a one-line progress bar. Does nothing unless `showsProgress` is true.
    func progress(_ what: String, _ part: Double) {
        guard showsProgress else { return }
        let filled = Int(part * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        ErrorOutput.standard.write("\r\u{1B}[K\(what) \(bar) \(Int(part * 100))%")
    }

    /// Redraws the progress of what is read from a store, or written to one.
    func progress(_ transfer: StoreTransfer) {
        if transfer.isOver { return endProgress() }
        let name = Format.cut(transfer.path.split(separator: "/").last.map(String.init) ?? transfer.path, 32)
        if let all = transfer.totalBytes { return progress(name, Double(transfer.byteCount) / Double(max(all, 1))) }
        guard showsProgress else { return }
        ErrorOutput.standard.write("\r\u{1B}[K\(name) \(Format.count(transfer.byteCount >> 20)) MiB written")
    }

    func endProgress() {
        if showsProgress { ErrorOutput.standard.write("\r\u{1B}[K") }
    }
}

/// Formatting of numbers and columns for display.
enum Format {
    /// `1,000,209`
    static func count(_ value: Int) -> String {
        var digits = String(abs(value))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `1 post`, `1,000,209 posts`
    static func count(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

    static func decimal(_ value: Double, _ places: Int = 4) -> String {
        guard abs(value) < 1e12 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        let whole = Int(scaled / scale)
        if places == 0 { return (value < 0 ? "-" : "") + "\(whole)" }
        let fraction = String(Int(scaled - Double(whole) * scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(whole)." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    static func seconds(_ duration: Duration) -> String { decimal(duration.inSeconds, 2) + " s" }

    static func left(_ text: String, _ width: Int) -> String { text + spaces(width - columns(text)) }
    static func right(_ text: String, _ width: Int) -> String { spaces(width - columns(text)) + text }
    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    /// Returns the number of terminal columns a text takes: 2 for wide characters and emoji, 0 for combining marks.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let first = character.unicodeScalars.first else { return sum }
            switch first.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return sum + 2
            default:
                return sum + (first.properties.generalCategory == .nonspacingMark ? 0 : 1)
            }
        }
    }

    /// Returns the words of a text in lines of at most a number of columns, those after the first with room for an
    /// indent of 2; words that are longer stand alone.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        text.split(whereSeparator: \.isWhitespace).reduce(into: [String]()) { lines, word in
            let room = lines.count > 1 ? width - 2 : width
            if let last = lines.last, columns(last) + 1 + columns(String(word)) <= room {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }

    /// Returns a text cut to a number of columns, ending in an ellipsis if it was cut.
    static func cut(_ text: String, _ width: Int) -> String {
        guard columns(text) > width else { return text }
        var result = ""
        for character in text {
            if columns(result) + columns(String(character)) > width - 1 { break }
            result.append(character)
        }
        return result + "…"
    }
}
