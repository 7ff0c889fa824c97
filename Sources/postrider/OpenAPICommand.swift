// OpenAPICommand.swift — `postrider openapi`: the description of the API that this very program serves.

import ArgumentParser
import Console
import Glibc

struct OpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the description of the API (OpenAPI 3.1, YAML).")

    func run() { write(String(decoding: PackageResources.openapi_yaml, as: UTF8.self), to: STDOUT_FILENO) }
}
