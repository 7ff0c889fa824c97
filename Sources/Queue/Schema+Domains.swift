// Schema+Domains.swift — sending domains with their keys, the vault's check, and events that are about no recipient.

extension Schema {
    /// Private keys are sealed (`v1.…`); what they are sealed with is not in this file.
    static let domains = """
        CREATE TABLE domains (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
          project INTEGER NOT NULL,
          name TEXT NOT NULL UNIQUE,      -- A-labels
          original TEXT NOT NULL,         -- as its owner wrote it
          created_at INTEGER NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('pending', 'verified', 'failing')),
          checked_at INTEGER,
          next_check_at INTEGER NOT NULL,
          doubted_at INTEGER,             -- one look found it out of order
          revision INTEGER NOT NULL CHECK (revision >= 0),    -- rises with each change
          CHECK (status = 'pending' OR checked_at IS NOT NULL),
          CHECK (doubted_at IS NULL OR status = 'verified')
        ) STRICT;
        CREATE TRIGGER domains_move_forward BEFORE UPDATE OF status ON domains
        WHEN NEW.status <> OLD.status AND NOT (OLD.status = 'pending' AND NEW.status = 'verified')
          AND NOT (OLD.status IN ('verified', 'failing') AND NEW.status IN ('verified', 'failing'))
        BEGIN SELECT RAISE(ABORT, 'a domain does not go this way'); END;

        CREATE TABLE dkim_keys (
          domain INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
          selector TEXT NOT NULL,
          position INTEGER NOT NULL,      -- among the domain's keys
          algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa-sha256', 'ed25519-sha256')),
          state TEXT NOT NULL CHECK (state IN ('publishing', 'active', 'retired')),
          private_key TEXT NOT NULL CHECK (private_key LIKE 'v1.%'),
          public_key BLOB NOT NULL,
          created_at INTEGER NOT NULL,
          retired_at INTEGER,
          PRIMARY KEY (domain, selector),
          CHECK ((state = 'retired') = (retired_at IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX dkim_keys_active ON dkim_keys (domain, algorithm) WHERE state = 'active';
        CREATE TRIGGER dkim_keys_move_forward BEFORE UPDATE OF state ON dkim_keys
        WHEN NEW.state <> OLD.state AND NOT (OLD.state = 'publishing' AND NEW.state = 'active')
          AND NOT (OLD.state = 'active' AND NEW.state = 'retired')
        BEGIN SELECT RAISE(ABORT, 'a key does not go this way'); END;
        CREATE TRIGGER dkim_keys_stay_active BEFORE DELETE ON dkim_keys
        WHEN OLD.state = 'active' AND EXISTS (SELECT 1 FROM domains WHERE id = OLD.domain)
        BEGIN SELECT RAISE(ABORT, 'an active key goes only with its domain'); END;

        CREATE TABLE domain_findings (    -- what the last check saw
          domain INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
          position INTEGER NOT NULL,
          purpose TEXT NOT NULL CHECK (purpose IN ('dkim', 'spf', 'dmarc', 'return_path')),
          kind TEXT NOT NULL CHECK (kind IN ('TXT', 'MX')),
          name TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('ok', 'missing', 'differs')),
          found TEXT NOT NULL,            -- a JSON array of texts
          detail TEXT,                    -- why it is not ok, or why the last lookup told nothing
          PRIMARY KEY (domain, purpose, kind, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE vault (              -- by what is sealed here, the master key is known again
          name TEXT PRIMARY KEY NOT NULL,
          sealed TEXT NOT NULL CHECK (sealed LIKE 'v1.%')
        ) STRICT, WITHOUT ROWID;
        """

    /// SQLite changes no CHECKs: the table is made anew and takes the old one's name, by which other tables refer to it
    /// (https://sqlite.org/lang_altertable.html#otheralter). Foreign keys are off meanwhile, so that dropping the old one
    /// takes nothing with it; GRDB checks them all before it commits.
    static let eventsWithData = """
        CREATE TABLE events_with_data (
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
          data TEXT,                      -- JSON: all that an event about a domain says
          CHECK ((type = 'webhook.test') = (endpoint IS NOT NULL)),
          CHECK ((type = 'domain.failing') = (data IS NOT NULL)),
          CHECK ((type IN ('webhook.test', 'domain.failing')) = (message IS NULL)),
          CHECK ((message IS NULL) = (position IS NULL)),
          CHECK ((attempt IS NULL) = (number IS NULL))
        ) STRICT;
        INSERT INTO events_with_data (seq, uid, project, type, at, message, position, attempt, number, endpoint)
          SELECT seq, uid, project, type, at, message, position, attempt, number, endpoint FROM events;
        DROP TABLE events;
        ALTER TABLE events_with_data RENAME TO events;
        CREATE INDEX events_by_message ON events (message);
        CREATE INDEX events_without_message ON events (at) WHERE message IS NULL;
        """
}
