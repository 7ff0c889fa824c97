// House.swift — the rooms, opened from the ground up and wired to each other.

import Foundation
import Logging
import ServiceLifecycle
import Settings

struct House {
    /// Where the HTTP server listens, its port chosen.
    let address: TransportAddress
    /// From the ground up. They leave in reverse, each only after those above it.
    let services: [any Service]

    /// A transaction past DATA may take 45 s to end; what is left after that is queued on disk anyway.
    static let patience: Duration = .seconds(50)

    static func open(_ settings: Settings, isDev: Bool, logger: Logger) async throws -> House {
        let alarm = Alarm()
        // The store comes first: it takes the directory for this process alone, so that no second start makes a key.
        try FileManager.default.createDirectory(
            atPath: settings.storage.directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        _ = try RootKey.load(configured: settings.rootKey, directory: settings.storage.directory) { key in
            write("root key (shown only this once): \(key)\n", to: STDOUT_FILENO)
        }
        return House(address: settings.http.listen, services: [alarm])
    }

    /// Something to try, for a newcomer in a terminal.
    var welcome: String {
        """
        sandbox on: all mail stays on this machine; try

        curl -i http://\(address)/v1/messages -H 'Content-Type: application/json' \\
          -d '{"from":"Acme <hello@acme.example>","to":["bob@example.net"],"subject":"Hello","text":"It works."}'


        """
    }
}
