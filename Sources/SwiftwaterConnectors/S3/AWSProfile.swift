#if Services
    import SwiftwaterCore
    import SwiftwaterStorage

    /// A profile of the files that all tools of AWS read: `~/.aws/credentials` and `~/.aws/config`.
    package struct AWSProfile: Sendable, Equatable {
        /// The settings of the profile, by name. Those under another one are `PARENT.NAME`, such as
        /// `s3.addressing_style`.
        package private(set) var settings: [String: String] = [:]

        /// Reads a profile.
        ///
        /// `AWS_PROFILE` names it, `default` by default. `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name the
        /// files; one that is missing has no settings. What both have counts as in the credentials.
        ///
        /// - Throws: `notFound` if `AWS_PROFILE` names a profile that neither file has, `malformedInput` with file and
        ///   line.
        package init(environment: [String: String], files: any FileSystem) throws {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            let folder = (value("HOME") ?? "") + "/.aws"
            let name = value("AWS_PROFILE") ?? "default"
            let config = value("AWS_CONFIG_FILE") ?? folder + "/config"
            let credentials = value("AWS_SHARED_CREDENTIALS_FILE") ?? folder + "/credentials"
            let header = name == "default" ? ["default", "profile default"] : ["profile \(name)"]
            let general = try Self.section(header, config, files)
            let own = try Self.section([name], credentials, files)
            guard general != nil || own != nil || value("AWS_PROFILE") == nil else {
                throw SwiftwaterError(
                    .notFound, "there is no profile '\(name)' in \(credentials) and \(config)",
                    remedy: "set AWS_PROFILE to one of theirs")
            }
            settings = (general ?? [:]).merging(own ?? [:]) { $1 }
        }

        /// The profile's credentials; nil if it has none of its own.
        package var credentials: AWSCredentials? {
            guard let id = settings["aws_access_key_id"], let secret = settings["aws_secret_access_key"] else {
                return nil
            }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: settings["aws_session_token"].map { Secret($0) })
        }

        /// Returns the settings of a section; nil if the file or the section is missing.
        private static func section(
            _ headers: [String], _ path: String, _ files: any FileSystem
        ) throws -> [String: String]? {
            guard try files.exists(path) else { return nil }
            let text = String(decoding: try files.read(path), as: UTF8.self)
            var found: [String: String]?
            var isOwn = false
            var parent: String?
            for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            {
                func malformed(_ what: String) -> SwiftwaterError {
                    SwiftwaterError(
                        .malformedInput, what, at: .init(file: path, line: number + 1),
                        remedy: "write it as the tools of AWS do")
                }
                let trimmed = line.trimmed
                if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
                if trimmed.hasPrefix("[") {
                    guard let end = trimmed.firstIndex(of: "]") else {
                        throw malformed("the section's name has no end")
                    }
                    let name = trimmed[trimmed.index(after: trimmed.startIndex)..<end].split(separator: " ")
                    isOwn = headers.contains(name.joined(separator: " "))
                    if isOwn, found == nil { found = [:] }
                    parent = nil
                    continue
                }
                guard isOwn else { continue }
                // No message shows the line: it may have a secret.
                guard let sign = trimmed.firstIndex(of: "=") else { throw malformed("the line has no '='") }
                let name = trimmed[..<sign].trimmed.lowercased()
                let value = trimmed[trimmed.index(after: sign)...].trimmed
                let isNested = line.first == " " || line.first == "\t"
                if isNested, let parent {
                    found?["\(parent).\(name)"] = value
                } else {
                    found?[name] = value
                    parent = value.isEmpty ? name : nil
                }
            }
            return found
        }
    }

    extension StringProtocol {
        /// The text without spaces, tabs and carriage returns at its ends.
        fileprivate var trimmed: String {
            let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
            var text = Substring(self)
            while let first = text.first, isSpace(first) { text.removeFirst() }
            while let last = text.last, isSpace(last) { text.removeLast() }
            return String(text)
        }
    }
#endif
