// SettingFlags.swift — settings on the command line: `--config FILE` and `--NAME VALUE` for each of them.

import ArgumentParser
import Foundation
import Settings

package struct SettingFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Read settings from this YAML file.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong(Self.assignment),
        help: ArgumentHelp("The setting NAME; also written --NAME VALUE.", valueName: "name=value"))
    var assignments: [String] = []

    private static let assignment = "set"

    package init() {}

    var isEmpty: Bool { config == nil && assignments.isEmpty }

    /// Flags, environment and file together. The variables of commands that ask a service are no settings.
    package func load(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Settings {
        let pairs = try assignments.map { assignment in
            guard let mark = assignment.firstIndex(of: "=") else {
                throw ValidationError("the setting \(assignment.debugDescription) has no value")
            }
            return (String(assignment[..<mark]), String(assignment[assignment.index(after: mark)...]))
        }
        let environment = environment.filter { !ServiceOptions.variables.contains($0.key) }
        return try Settings.load(flags: Dictionary(pairs) { $1 }, environment: environment, file: config)
    }

    /// Rewrites `--delivery.port 2525` and `--delivery.port=2525` to `--set delivery.port=2525`: options must be known
    /// when the program is compiled, settings are a list. A dot makes a flag a setting's even if there is none of that
    /// name, which `load` then says.
    static func spellOut(_ arguments: [String]) -> [String] {
        var spelledOut: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument != "--" else { return spelledOut + [argument] + rest }
            let (flag, value) = split(argument)
            guard let name = settingName(of: flag) else {
                spelledOut.append(argument)
                continue
            }
            spelledOut += ["--" + assignment, (value ?? rest.popFirst()).map { "\(name)=\($0)" } ?? name]
        }
        return spelledOut
    }

    private static func split(_ argument: String) -> (flag: Substring, value: String?) {
        guard let mark = argument.firstIndex(of: "=") else { return (argument[...], nil) }
        return (argument[..<mark], String(argument[argument.index(after: mark)...]))
    }

    private static func settingName(of flag: Substring) -> String? {
        guard flag.hasPrefix("--") else { return nil }
        let name = String(flag.dropFirst(2))
        return name.contains(".") || Setting.names.contains(name) ? name : nil
    }
}
