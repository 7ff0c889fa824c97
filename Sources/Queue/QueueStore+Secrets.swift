// QueueStore+Secrets.swift — what the vault knows the master key by, and secrets that an older version kept in the clear.

import GRDB

extension QueueStore {
    /// What was sealed under `name` when the master key was first used; nil before that.
    package func sealedProof(_ name: String) async throws(StoreFailure) -> String? {
        try await read { database in
            try database.first("SELECT sealed FROM vault WHERE name = ?", name, read: { $0.text() })
        }
    }

    /// Once: a proof that is there stays, and this is refused.
    package func keepProof(_ name: String, sealed: String) async throws(StoreFailure) {
        try await write { transaction in
            _ = try transaction.database.run("INSERT INTO vault (name, sealed) VALUES (?, ?)", name, sealed)
        }
    }

    /// Gives endpoints other secrets. Returns whether the file does not hold those of before any more; if it may, another
    /// call, which need not replace any, can make an end of them. For the start: it waits a moment for all readers.
    package func replaceSecrets(_ secrets: [EndpointID: String]) async throws(StoreFailure) -> Bool {
        if !secrets.isEmpty {
            try await write(bytes: 256 * secrets.count) { transaction in
                for (id, secret) in secrets {
                    try transaction.database.run("UPDATE endpoints SET secret = ? WHERE uid = ?", secret, id)
                }
                transaction.changesEndpoints = true
            }
        }
        // Also if there is nothing to replace: a start may have been killed here.
        return try await emptyWAL()
    }
}
