// SettingsSource+File.swift — the YAML file as a source of settings.
//
//     http:
//       listen: 0.0.0.0:8080
//     delivery:
//       retry_schedule: [5m, 10m, 1h]

import Configuration
import Yams

extension SettingsSource {
    static func file(_ path: String) throws(SettingsError) -> SettingsSource {
        let text = try contents(of: path)
        do {
            let names = try names(in: try Yams.compose(yaml: text))
            let values: any ConfigSnapshot =
                names.isEmpty ? InMemoryProvider(values: [:]).snapshot() : try snapshot(of: text)
            return SettingsSource(
                names: names, prefix: "", respell: { $0 }, place: { "\($0) in \(path)" }, values: values)
        } catch let error as SettingsError {
            throw SettingsError("\(path): \(error)")
        } catch let error as YamlError {
            throw SettingsError("\(path): \(summary(of: error))")
        } catch {
            throw SettingsError("\(path): \(error)")
        }
    }

    private static func snapshot(of text: String) throws -> YAMLSnapshot {
        let bytes = Array(text.utf8)
        return try YAMLSnapshot(data: bytes.span.bytes, providerName: "file", parsingOptions: .default)
    }

    /// The dotted names of all leaves, which a snapshot does not tell. Mappings nest as deep as the settings' names do.
    private static func names(in root: Node?) throws -> [String] {
        // Nothing but comments, or nothing behind `---`.
        guard let root, root.scalar?.string != "" else { return [] }
        guard let mapping = root.mapping else { throw SettingsError("the file is not a mapping of settings") }
        let names = try names(in: mapping, prefix: "")
        let repeated = Dictionary(grouping: names) { $0 }.first { $1.count > 1 }
        if let repeated { throw SettingsError("\(repeated.key) is set twice") }
        return names
    }

    private static func names(in mapping: Node.Mapping, prefix: String) throws -> [String] {
        try mapping.flatMap { key, value in
            guard let key = key.string else {
                throw SettingsError("line \(key.mark?.line ?? 0): a name must be a text")
            }
            let name = prefix + key
            guard let inner = value.mapping else { return [name] }
            guard prefix.isEmpty else { throw SettingsError("\(name) is a mapping, which no setting takes") }
            return try names(in: inner, prefix: name + ".")
        }
    }

    /// Line, column and problem; Yams adds an excerpt, which would take more than one line.
    private static func summary(of error: YamlError) -> String {
        if case .duplicatedKeysInMapping(let duplicates, _) = error {
            return duplicates.map { "\($0) is set twice" }.joined(separator: ", ")
        }
        return "\(error)".split(separator: "\n").prefix(2).joined(separator: " ")
    }
}
