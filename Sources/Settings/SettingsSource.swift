// SettingsSource.swift — one place that settings come from: flags, environment or file.

import Configuration
import Foundation
import Spelling

struct SettingsSource {
    /// What it sets, each name in the source's own spelling.
    let names: [String]
    /// What its spelling of every name begins with.
    let prefix: String
    /// Its spelling of a name behind that.
    let respell: (_ name: String) -> String
    /// Where an error says that it found something.
    let place: (_ name: String) -> String
    let values: any ConfigSnapshot

    /// Names that no setting has are an error: most are misspelt, and the default would go unnoticed.
    func checkNames() throws(SettingsError) {
        let spelled = Set(Setting.names.map(spelling))
        guard let unknown = names.sorted().first(where: { !spelled.contains($0) }) else { return }
        let meant = suggestion(for: String(unknown.dropFirst(prefix.count)), among: Setting.names.map(respell))
        throw .unknown(place(unknown), meant: meant.map { prefix + $0 })
    }

    private func spelling(_ name: String) -> String { prefix + respell(name) }

    /// The setting's text and where it stood; nil if this source does not set it. A secret may stand in a file of its
    /// own; the line ends behind it do not count.
    func text(of setting: Setting) throws(SettingsError) -> (text: String, place: String)? {
        let direct = text(at: setting.name).map { ($0, place(spelling(setting.name))) }
        guard setting.isSecret, let path = text(at: setting.fileName) else { return direct }
        let filePlace = place(spelling(setting.fileName))
        guard direct == nil else {
            throw SettingsError("\(filePlace): \(spelling(setting.name)) is set, too; one of them is enough")
        }
        let text = try contents(of: path)
        let secret = text.lastIndex { !$0.isNewline }.map { text[...$0] } ?? ""
        return (String(secret), filePlace)
    }

    /// A YAML sequence is a list like the comma-separated one.
    private func text(at name: String) -> String? {
        let key = AbsoluteConfigKey(dotted: name)
        if let string = try? values.value(forKey: key, type: .string).value?.content, case .string(let text) = string {
            return text
        }
        guard let list = try? values.value(forKey: key, type: .stringArray).value?.content,
            case .stringArray(let texts) = list
        else { return nil }
        return texts.joined(separator: ",")
    }
}

extension SettingsSource {
    /// `flags` by the settings' names.
    static func flags(_ flags: [String: String]) -> SettingsSource {
        let values = flags.map { (AbsoluteConfigKey(dotted: $0), ConfigValue(.string($1), isSecret: false)) }
        return SettingsSource(
            names: flags.keys.map { "--" + $0 }, prefix: "--", respell: { $0 }, place: { $0 },
            values: InMemoryProvider(values: Dictionary(values) { $1 }).snapshot())
    }

    /// The variables that begin with `POSTRIDER_`.
    static func environment(_ variables: [String: String]) -> SettingsSource {
        let own = variables.filter { $0.key.hasPrefix("POSTRIDER_") }
        let provider = EnvironmentVariablesProvider(environmentVariables: own).prefixKeys(with: "postrider")
        return SettingsSource(
            names: Array(own.keys), prefix: "POSTRIDER_",
            respell: { $0.uppercased().replacing(".", with: "_") }, place: { $0 }, values: provider.snapshot())
    }
}

extension AbsoluteConfigKey {
    fileprivate init(dotted name: String) { self.init(name.split(separator: ".").map(String.init)) }
}

/// The whole file, which must be UTF-8.
func contents(of path: String) throws(SettingsError) -> String {
    let bytes: Data
    do {
        bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
        throw .unreadable(path, error.localizedDescription)
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw .unreadable(path, "it is not UTF-8") }
    return text
}
