// Schema+Suppressions.swift — addresses that are not to be written to, and which messages go to them nevertheless.

import GRDB

extension Schema {
    static func addSuppressions(to database: Database) throws {
        try database.execute(sql: suppressions)
    }

    /// For pages.
    static func addSuppressionPages(to database: Database) throws {
        try database.execute(
            sql: "CREATE INDEX IF NOT EXISTS suppressions_by_project ON suppressions (project, id)")
    }

    private static let suppressions = """
        CREATE TABLE suppressions (
          id INTEGER PRIMARY KEY,
          project INTEGER NOT NULL,
          address TEXT NOT NULL,          -- as `SuppressedAddress` writes it
          reason TEXT NOT NULL CHECK (reason IN ('bounce', 'complaint', 'unsubscribe', 'manual')),
          message BLOB CHECK (length(message) = 16),    -- whose bounce it was; it may be gone by now
          note TEXT,
          created_at INTEGER NOT NULL,
          expires_at INTEGER,             -- from then on it is as good as deleted; NULL: never
          UNIQUE (project, address)
        ) STRICT;
        CREATE INDEX suppressions_by_end ON suppressions (expires_at) WHERE expires_at IS NOT NULL;
        ALTER TABLE messages ADD COLUMN ignores_suppressions INTEGER NOT NULL DEFAULT 0
          CHECK (ignores_suppressions IN (0, 1));
        """
}
