// ServiceOptions.swift — which service a command asks, as whom, and how it prints what came.

import ArgumentParser
import Foundation
import Settings

struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The service. Without it, and without POSTRIDER_URL, it is this machine's, at the settings' http.listen.",
            valueName: "url"))
    var server: ServiceAddress?

    @Option(
        help: ArgumentHelp(
            "Ask with the key in this file, or as POSTRIDER_API_KEY or POSTRIDER_API_KEY_FILE say.", valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "Ask with this key. Everyone on this machine can read a command line: rather use the environment or a file.",
            valueName: "key"))
    var key: String?

    @Flag(help: "Print the API's JSON: one document, or one for each line of a list or a stream.")
    var json = false

    @OptionGroup var flags: SettingFlags

    private enum Variable: String, CaseIterable {
        case url = "POSTRIDER_URL"
        case key = "POSTRIDER_API_KEY"
        case keyFile = "POSTRIDER_API_KEY_FILE"
    }

    /// The environment's, beside those that are settings.
    static let variables = Set(Variable.allCases.map(\.rawValue))

    func validate() throws {
        if key != nil, keyFile != nil { throw ValidationError("--key and --key-file: one of them is enough") }
        if server != nil, !flags.isEmpty { throw ValidationError("with --server no setting is of use") }
    }

    func desk(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Desk {
        var printer = Printer()
        printer.isJSON = json
        printer.isTerminal = isatty(STDOUT_FILENO) == 1
        if !json { printer.ink = .automatic(on: STDOUT_FILENO, environment: environment) }
        return Desk(client: try client(environment: environment), printer: printer)
    }

    /// The root key of the settings goes to the settings' own listener alone, never to a URL from elsewhere.
    func client(environment: [String: String]) throws -> APIClient {
        let own = try ownKey(environment)
        if let address = try server ?? (flags.isEmpty ? address(environment) : nil) {
            return APIClient(address, key: own)
        }
        let settings = try flags.load(environment: environment)
        return try APIClient(settings, key: own)
    }

    private func address(_ environment: [String: String]) throws -> ServiceAddress? {
        guard let text = environment[Variable.url.rawValue] else { return nil }
        guard let address = ServiceAddress(text) else {
            throw ValidationError(
                "\(Variable.url.rawValue): \(text.debugDescription) is not an http:// or https:// URL of a service")
        }
        return address
    }

    private func ownKey(_ environment: [String: String]) throws -> ServiceKey? {
        if let key { return try ServiceKey(key, from: "--key") }
        if let keyFile { return try ServiceKey(InputFile.text(of: keyFile), from: keyFile.debugDescription) }
        let key = environment[Variable.key.rawValue], file = environment[Variable.keyFile.rawValue]
        if key != nil, file != nil {
            throw ValidationError("\(Variable.key.rawValue) and \(Variable.keyFile.rawValue): one of them is enough")
        }
        if let key { return try ServiceKey(key, from: Variable.key.rawValue) }
        return try file.map { try ServiceKey(InputFile.text(of: $0), from: Variable.keyFile.rawValue) }
    }
}
