// Schema.swift — the tables, with what must hold of each row as CHECKs (docs/states.md says what they guarantee).
//
// A message costs the writer eight B-tree entries when it is accepted. Two of them are in partial indexes, which it
// leaves again when its recipient is final, so that they stay as small as the queue. Times are milliseconds.
//
// There is no AUTOINCREMENT, which writes a second row for each event: `counters` is written once a commit.

import GRDB

enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: messages, recipients, events") { try $0.execute(sql: messages + log) }
        migrator.registerMigration("2: webhooks") { try $0.execute(sql: webhooks) }
        migrator.registerMigration("3: sending domains") { database in
            for sql in [signing, domains, eventsWithData] { try database.execute(sql: sql) }
        }
        migrator.registerMigration("4: projects, keys") { try addProjects(to: $0) }
        migrator.registerMigration("5: suppressions") { try addSuppressions(to: $0) }
        migrator.registerMigration("6: webhooks as a product") { database in
            for sql in [eventsOfAnyType, webhookProduct] { try database.execute(sql: sql) }
        }
        migrator.registerMigration("7: looking messages up") { try addLookups(to: $0) }
        migrator.registerMigration("8: sandbox mode") { try addSandbox(to: $0) }
        migrator.registerMigration("9: paused destinations") { try addPauses(to: $0) }
        migrator.registerMigration("10: pages of suppressions") { try addSuppressionPages(to: $0) }
        return migrator
    }

    private static let messages = """
        CREATE TABLE messages (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
          project INTEGER NOT NULL,
          accepted_at INTEGER NOT NULL,
          rfc_message_id TEXT NOT NULL,
          sender TEXT NOT NULL,           -- the From as the caller wrote it
          subject TEXT NOT NULL,
          reverse_path TEXT,              -- NULL: the null reverse-path
          size INTEGER NOT NULL CHECK (size >= 0),
          tags TEXT,                      -- a JSON object; NULL: none
          metadata TEXT,
          external_id TEXT,
          first_attempt_at INTEGER NOT NULL,
          tls TEXT NOT NULL CHECK (tls IN ('opportunistic', 'required')),
          queued INTEGER NOT NULL CHECK (queued >= 0),    -- recipients that are not final
          finished_at INTEGER,
          has_content INTEGER NOT NULL DEFAULT 1 CHECK (has_content IN (0, 1)),
          CHECK ((queued = 0) = (finished_at IS NOT NULL)),
          CHECK (has_content OR finished_at IS NOT NULL)
        ) STRICT;
        CREATE INDEX messages_with_content ON messages (finished_at) WHERE finished_at IS NOT NULL AND has_content = 1;
        CREATE INDEX messages_without_content ON messages (finished_at) WHERE has_content = 0;
        CREATE INDEX messages_by_external_id ON messages (external_id) WHERE external_id IS NOT NULL;

        CREATE TABLE contents (
          message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
          bytes BLOB NOT NULL
        ) STRICT;

        CREATE TABLE recipients (
          message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
          position INTEGER NOT NULL CHECK (position >= 0),
          uid BLOB NOT NULL CHECK (length(uid) = 16),
          local_part TEXT NOT NULL,
          domain TEXT NOT NULL,
          original TEXT,                  -- as the caller wrote it; NULL: just so
          role TEXT NOT NULL CHECK (role IN ('to', 'cc', 'bcc')),
          state TEXT NOT NULL
            CHECK (state IN ('queued', 'delivered', 'bounced', 'failed', 'suppressed', 'canceled')),
          attempts INTEGER NOT NULL CHECK (attempts >= 0),
          expires_at INTEGER NOT NULL,
          next_attempt_at INTEGER,
          delay_notice_at INTEGER,        -- NULL while queued: the notice has gone out
          finished_at INTEGER,
          verdict INTEGER,                -- the event that says why
          PRIMARY KEY (message, position),
          CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
          CHECK ((state = 'queued') = (finished_at IS NULL)),
          CHECK (state = 'queued' OR delay_notice_at IS NULL),
          CHECK ((state IN ('bounced', 'failed')) = (verdict IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX recipients_due ON recipients (domain, next_attempt_at, expires_at) WHERE state = 'queued';
        CREATE INDEX recipients_to_notify ON recipients (delay_notice_at) WHERE delay_notice_at IS NOT NULL;
        CREATE TRIGGER recipients_move_forward BEFORE UPDATE OF state ON recipients WHEN OLD.state <> 'queued'
        BEGIN SELECT RAISE(ABORT, 'a final recipient stays as it is'); END;

        CREATE TABLE idempotency (
          project INTEGER NOT NULL,
          key TEXT NOT NULL,
          fingerprint BLOB NOT NULL CHECK (length(fingerprint) > 0),
          answer BLOB NOT NULL,
          created_at INTEGER NOT NULL,
          UNIQUE (project, key)
        ) STRICT;
        CREATE INDEX idempotency_by_age ON idempotency (created_at);
        """

    private static let log = """
        CREATE TABLE attempts (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL CHECK (length(uid) = 16),
          message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
          started_at INTEGER NOT NULL,
          finished_at INTEGER NOT NULL,
          host TEXT,
          address TEXT,
          tls TEXT,
          reply TEXT,
          transcript TEXT NOT NULL,
          results TEXT NOT NULL           -- "0 delivered 1 deferred": positions and outcomes
        ) STRICT;
        CREATE INDEX attempts_by_message ON attempts (message);

        CREATE TABLE events (
          seq INTEGER PRIMARY KEY,        -- given out by the writer, from `counters`
          uid BLOB NOT NULL CHECK (length(uid) = 16),
          project INTEGER NOT NULL,
          type TEXT NOT NULL,
          at INTEGER NOT NULL,
          message INTEGER REFERENCES messages ON DELETE CASCADE,
          position INTEGER,
          attempt INTEGER,                -- attempts.id
          number INTEGER,                 -- which attempt of its recipient that was
          endpoint BLOB,                  -- the one that a test is for
          CHECK ((type = 'webhook.test') = (endpoint IS NOT NULL)),
          CHECK ((type = 'webhook.test') = (message IS NULL)),
          CHECK ((message IS NULL) = (position IS NULL)),
          CHECK ((attempt IS NULL) = (number IS NULL))
        ) STRICT;
        CREATE INDEX events_by_message ON events (message);
        CREATE INDEX events_without_message ON events (at) WHERE message IS NULL;

        CREATE TABLE counters (           -- the highest number ever given out, written once a commit
          name TEXT PRIMARY KEY NOT NULL,
          value INTEGER NOT NULL CHECK (value >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO counters (name, value) VALUES ('events', 0);

        CREATE TABLE verdicts (           -- why a recipient was refused or given up
          event INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,
          kind TEXT CHECK (kind IN ('hard', 'soft')),
          category TEXT,
          reply_code INTEGER,
          enhanced_code TEXT,
          host TEXT,
          reason TEXT,
          detail TEXT,
          reply TEXT,
          CHECK ((kind IS NULL) = (category IS NULL) AND (kind IS NULL) = (reply_code IS NULL)),
          CHECK ((kind IS NULL) = (reason IS NOT NULL) AND (reason IS NULL) = (detail IS NULL)),
          CHECK (kind IS NULL OR reply IS NOT NULL)
        ) STRICT;
        """

    /// What signing asks of a message. Rows of before have a composed content: 7-bit, without a hash.
    private static let signing = """
        ALTER TABLE messages ADD COLUMN from_domain TEXT;    -- of the From field; NULL: accepted before this was kept
        ALTER TABLE contents ADD COLUMN has_8bit_body INTEGER NOT NULL DEFAULT 0 CHECK (has_8bit_body IN (0, 1));
        ALTER TABLE contents ADD COLUMN has_utf8_header INTEGER NOT NULL DEFAULT 0 CHECK (has_utf8_header IN (0, 1));
        ALTER TABLE contents ADD COLUMN body_hash BLOB CHECK (length(body_hash) = 32);    -- DKIM's, relaxed, SHA-256
        """

    private static let webhooks = """
        CREATE TABLE endpoints (
          uid BLOB PRIMARY KEY NOT NULL CHECK (length(uid) = 16),
          project INTEGER NOT NULL,
          url TEXT NOT NULL,
          types TEXT NOT NULL,            -- separated by spaces; '': all
          secret TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          disabled_at INTEGER,
          disabled_reason TEXT,
          cursor INTEGER NOT NULL,
          CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE posts (
          id INTEGER PRIMARY KEY,
          endpoint BLOB NOT NULL REFERENCES endpoints ON DELETE CASCADE,
          event INTEGER NOT NULL,
          number INTEGER NOT NULL CHECK (number > 0),
          started_at INTEGER NOT NULL,
          latency_ms INTEGER NOT NULL,
          status INTEGER,
          error TEXT,
          next_try_at INTEGER
        ) STRICT;
        CREATE INDEX posts_by_endpoint ON posts (endpoint, id);

        CREATE TABLE post_retries (
          endpoint BLOB NOT NULL REFERENCES endpoints ON DELETE CASCADE,
          event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
          tries INTEGER NOT NULL CHECK (tries > 0),
          due_at INTEGER NOT NULL,
          PRIMARY KEY (endpoint, event)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX post_retries_due ON post_retries (endpoint, due_at);
        CREATE INDEX post_retries_by_event ON post_retries (event);
        """
}
