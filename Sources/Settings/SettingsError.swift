// SettingsError.swift — why the settings do not stand, in one line for whoever wrote them.

/// The line names the setting as it was written (flag, environment variable or file), and never shows a secret.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    static func unknown(_ name: String, meant: String?) -> SettingsError {
        SettingsError("unknown setting \(name)" + (meant.map { "; did you mean \($0)?" } ?? ""))
    }

    static func malformed(_ setting: Setting, _ text: String, at place: String) -> SettingsError {
        // `debugDescription` quotes, and escapes what would break the line.
        let received = setting.isSecret ? "its value" : text.debugDescription
        return SettingsError("\(place): \(received) is not \(setting.expectation)")
    }

    /// What a setting leads to is of no use; only its user can tell.
    package static func unusable(_ setting: String, _ reason: String) -> SettingsError {
        SettingsError("\(setting): \(reason)")
    }

    static func unreadable(_ path: String, _ reason: String) -> SettingsError {
        SettingsError("cannot read \(path.debugDescription): \(reason)")
    }
}
