/// A date and time of day in UTC, for people.
public struct CivilDate: Sendable, Equatable {
    public let year: Int
    public let month: Int
    public let day: Int
    /// 0 is Thursday, the day of the epoch.
    public let daysAfterThursday: Int
    public let hour: Int
    public let minute: Int
    public let second: Int

    /// Howard Hinnant's `civil_from_days` ("chrono-Compatible Low-Level Date Algorithms"): the year begins in March there.
    public init(secondsSince1970 seconds: Int64) {
        let days = Int((Double(seconds) / 86400).rounded(.down))
        let inDay = Int(seconds) - days * 86400
        let shifted = days + 719_468
        let era = shifted >= 0 ? shifted / 146_097 : (shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        daysAfterThursday = ((days % 7) + 7) % 7
        (hour, minute, second) = (inDay / 3600, inDay / 60 % 60, inDay % 60)
    }

    /// `14:03:20`
    public var timeOfDay: String { "\(CivilDate.two(hour)):\(CivilDate.two(minute)):\(CivilDate.two(second))" }
    /// `2026-11-23`
    public var date: String { "\(year)-\(CivilDate.two(month))-\(CivilDate.two(day))" }

    public static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension BatchTime {
    public var civil: CivilDate {
        CivilDate(secondsSince1970: Int64((Double(milliseconds) / 1000).rounded(.down)))
    }
}
