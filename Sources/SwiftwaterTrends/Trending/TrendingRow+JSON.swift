import SwiftwaterCore
import SwiftwaterFormats

extension TrendingRow {
    /// What a row says, as members of a JSON object without its braces; `expected` is the caller's, who may want a null.
    public var jsonMembers: [String] {
        var members = [
            "\"rank\":\(rank)", "\"key\":\(JSONValue.quoted(String(key)))",
            "\"display\":\(JSONValue.quoted(String(display)))", "\"count\":\(count)", "\"countMost\":\(countMost)",
            "\"authors\":\(authors)", "\"score\":\(score)", "\"firstSeen\":\(firstSeen.milliseconds)",
            "\"history\":[\(history.map(String.init).joined(separator: ","))]",
            "\"samples\":[\(samples.map { JSONValue.quoted(String($0)) }.joined(separator: ","))]",
            "\"copied\":\(isCopied)",
        ]
        if !groups.isEmpty { members.append("\"groups\":\(groupsJSON)") }
        return members
    }

    /// `{"location":{"Wien":4,"Graz":1}}`
    public var groupsJSON: String {
        let columns = Dictionary(grouping: groups, by: \.column).sorted { $0.key < $1.key }.map { column in
            let counts = column.value.map { "\(JSONValue.quoted(String($0.value))):\($0.count)" }
            return "\(JSONValue.quoted(column.key)):{\(counts.joined(separator: ","))}"
        }
        return "{" + columns.joined(separator: ",") + "}"
    }
}
