// Schema+Webhooks.swift — webhooks as a product: what an endpoint's owner sets, its health, replays; and events of any type.

extension Schema {
    /// The first version of `endpoints` and `post_retries` is in Schema.swift.
    static let webhookProduct = """
        ALTER TABLE endpoints ADD COLUMN description TEXT;
        ALTER TABLE endpoints ADD COLUMN tags TEXT;              -- a JSON object; NULL: none
        ALTER TABLE endpoints ADD COLUMN headers TEXT CHECK (headers LIKE 'v1.%');    -- sealed
        ALTER TABLE endpoints ADD COLUMN timeout_seconds INTEGER NOT NULL DEFAULT 15
          CHECK (timeout_seconds BETWEEN 1 AND 30);
        ALTER TABLE endpoints ADD COLUMN max_concurrency INTEGER NOT NULL DEFAULT 8
          CHECK (max_concurrency BETWEEN 1 AND 50);
        ALTER TABLE endpoints ADD COLUMN old_secret TEXT;        -- signs too, until it expires
        ALTER TABLE endpoints ADD COLUMN old_secret_expires_at INTEGER
          CHECK ((old_secret IS NULL) = (old_secret_expires_at IS NULL));
        ALTER TABLE endpoints ADD COLUMN paused_at INTEGER;
        ALTER TABLE endpoints ADD COLUMN failing_since INTEGER;  -- NULL: the last post did not fail
        ALTER TABLE endpoints ADD COLUMN last_success_at INTEGER;
        ALTER TABLE endpoints ADD COLUMN last_failure_at INTEGER;
        ALTER TABLE endpoints ADD COLUMN last_failure TEXT CHECK ((last_failure IS NULL) = (last_failure_at IS NULL));
        ALTER TABLE endpoints ADD COLUMN deleted_at INTEGER;     -- gone for everybody; its posts go piece by piece
        ALTER TABLE endpoints ADD COLUMN revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0);

        CREATE INDEX posts_by_event ON posts (event);

        CREATE TABLE post_retries_or_given_up (
          endpoint BLOB NOT NULL REFERENCES endpoints ON DELETE CASCADE,
          event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
          tries INTEGER NOT NULL CHECK (tries >= 0),    -- since it was last asked for
          due_at INTEGER,                 -- NULL: given up, kept for a replay of what failed
          PRIMARY KEY (endpoint, event)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO post_retries_or_given_up (endpoint, event, tries, due_at)
          SELECT endpoint, event, tries, due_at FROM post_retries;
        DROP TABLE post_retries;
        ALTER TABLE post_retries_or_given_up RENAME TO post_retries;
        CREATE INDEX post_retries_due ON post_retries (endpoint, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX post_retries_by_event ON post_retries (event);

        CREATE TABLE replays (
          id INTEGER PRIMARY KEY,
          endpoint BLOB NOT NULL REFERENCES endpoints ON DELETE CASCADE,
          since INTEGER NOT NULL,
          until INTEGER NOT NULL,
          types TEXT NOT NULL,            -- separated by spaces; '': all that the endpoint wants
          is_of_failed INTEGER NOT NULL CHECK (is_of_failed IN (0, 1)),
          done INTEGER NOT NULL,          -- events up to this one have been looked at
          last INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX replays_by_endpoint ON replays (endpoint, id);
        """

    /// Made anew as `eventsWithData` was. From here on a type that is not about a message needs no other table: it has
    /// `data`.
    static let eventsOfAnyType = """
        CREATE TABLE events_of_any_type (
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
          data TEXT,                      -- JSON: all that an event without a message says
          CHECK ((type = 'webhook.test') = (endpoint IS NOT NULL)),
          CHECK ((substr(type, 1, 8) = 'message.') = (message IS NOT NULL)),
          CHECK ((message IS NULL) = (position IS NULL)),
          CHECK (message IS NOT NULL OR data IS NOT NULL OR endpoint IS NOT NULL),
          CHECK (message IS NULL OR data IS NULL),
          CHECK ((attempt IS NULL) = (number IS NULL))
        ) STRICT;
        INSERT INTO events_of_any_type
            (seq, uid, project, type, at, message, position, attempt, number, endpoint, data)
          SELECT seq, uid, project, type, at, message, position, attempt, number, endpoint, data FROM events;
        DROP TABLE events;
        ALTER TABLE events_of_any_type RENAME TO events;
        CREATE INDEX events_by_message ON events (message);
        CREATE INDEX events_without_message ON events (at) WHERE message IS NULL;
        """
}
