/// A date and time of day in UTC, for display.
package struct CivilDate: Sendable, Equatable {
    /// The year in the proleptic Gregorian calendar.
    package let year: Int
    /// The month, from 1.
    package let month: Int
    /// The day of the month, from 1.
    package let day: Int
    /// The day of the week, as days after Thursday, the weekday of the epoch.
    package let daysAfterThursday: Int
    /// The hour, 0 to 23.
    package let hour: Int
    /// The minute, 0 to 59.
    package let minute: Int
    /// The second, 0 to 59.
    package let second: Int

    /// Creates the date of a Unix time.
    ///
    /// Uses Howard Hinnant's `civil_from_days` ("chrono-Compatible Low-Level Date Algorithms"), whose year begins in
    /// March.
    package init(secondsSince1970 seconds: Int64) {
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

    /// The time of day, as in `14:03:20`.
    package var timeOfDay: String { "\(CivilDate.two(hour)):\(CivilDate.two(minute)):\(CivilDate.two(second))" }
    /// The date, as in `2026-11-23`.
    package var date: String { "\(year)-\(CivilDate.two(month))-\(CivilDate.two(day))" }

    /// Returns a non-negative number in at least two digits, as in `07`.
    package static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension BatchTime {
    /// The date and time of day in UTC, rounded down to the second.
    package var civil: CivilDate {
        CivilDate(secondsSince1970: Int64((Double(milliseconds) / 1000).rounded(.down)))
    }
}
