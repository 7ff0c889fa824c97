// OpenAPICommand.swift — `postrider openapi`: the description of the API that this very program serves.

import ArgumentParser
import Console
import Handbook
import JSON

struct OpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the description of the API (OpenAPI 3.1, YAML).")

    @Flag(help: "Print it as JSON.") var json = false

    func run() throws { try printAnswer(text) }

    var text: String {
        get throws {
            let yaml = PackageResources.openapi_yaml
            let bytes = json ? try OpenAPIDescription(yaml: yaml).root.bytes + [0x0A] : yaml
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
