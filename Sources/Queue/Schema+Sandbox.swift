// Schema+Sandbox.swift — which messages are for the sandbox, whatever their recipients' domains.

import GRDB

extension Schema {
    static func addSandbox(to database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE messages ADD COLUMN is_sandbox INTEGER NOT NULL DEFAULT 0 CHECK (is_sandbox IN (0, 1))
                """)
    }
}
