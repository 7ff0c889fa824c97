// Schema+Pauses.swift — destinations to which nothing is attempted until somebody says otherwise.

import GRDB

extension Schema {
    static func addPauses(to database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE paused_destinations (
                  domain TEXT PRIMARY KEY NOT NULL,    -- A-labels, or an address literal
                  paused_at INTEGER NOT NULL,
                  reason TEXT
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
