// Schema+Messages.swift — what finding messages needs beside their ids. A plain message of the default project costs the
// writer no entry in any of these indices: all are partial.

import GRDB

extension Schema {
    static func addLookups(to database: Database) throws {
        try database.execute(sql: lookups)
        var foreign: [MessageKey] = []
        try database.rows("SELECT id, uid, rfc_message_id FROM messages") { columns in
            let key = MessageKey(rawValue: columns.int())
            let id = try columns.identifier(MessageKind.self)
            if !id.isLeftSide(of: columns.text()) { foreign.append(key) }
            return true
        }
        for key in foreign { try database.run("UPDATE messages SET has_foreign_id = 1 WHERE id = ?", key) }
    }

    /// An id begins with the moment of acceptance: in its order, messages are in that of their time.
    private static let lookups = """
        ALTER TABLE messages ADD COLUMN has_foreign_id INTEGER NOT NULL DEFAULT 0    -- its Message-ID is not of our making
          CHECK (has_foreign_id IN (0, 1));
        CREATE INDEX messages_by_foreign_id ON messages (project, rfc_message_id, uid) WHERE has_foreign_id = 1;
        DROP INDEX messages_by_external_id;
        CREATE INDEX messages_by_external_id ON messages (project, external_id, uid) WHERE external_id IS NOT NULL;
        CREATE INDEX messages_scheduled ON messages (project, uid)
          WHERE first_attempt_at > accepted_at AND finished_at IS NULL;
        CREATE INDEX messages_by_project ON messages (project, uid) WHERE project <> 1;
        """
}
