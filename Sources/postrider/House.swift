// House.swift — the rooms, opened in order and wired to each other.

import Foundation
import Logging
import ServiceLifecycle
import Settings

struct House {
    /// Where the HTTP server listens, its port chosen.
    let address: TransportAddress
    /// In the order they start; they stop in reverse, each after what depends on it.
    let services: [any Service]

    /// A transaction past DATA may take 45 s to end; whatever is left after that is queued on disk anyway.
    static let patience: Duration = .seconds(50)

    static func open(_ settings: Settings, isDev: Bool, logger: Logger) async throws -> House {
        try createDirectory(settings.storage.directory)
        let rootKey = try RootKey.load(configured: settings.rootKey, directory: settings.storage.directory) { key in
            write("root key (shown this once): \(key)\n", to: STDOUT_FILENO)
        }
        _ = rootKey
        return House(address: settings.http.listen, services: [])
    }

    /// A line to try, for a newcomer in a terminal.
    var welcome: String {
        """
        sandbox on: all mail stays on this machine; try

        curl -i http://\(address)/v1/messages -H 'Content-Type: application/json' \\
          -d '{"from":"Acme <hello@acme.example>","to":["bob@example.net"],"subject":"Hello","text":"It works."}'


        """
    }

    private static func createDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
