// Schema+Projects.swift — projects (tenants) and their API keys; from then on a domain is unique within its project.

import GRDB

extension Schema {
    /// Whoever needs one project only is in it without knowing.
    static let defaultProjectName = "default"

    static func addProjects(to database: Database) throws {
        try database.execute(sql: projects)
        try database.run(
            "INSERT INTO projects (id, uid, name, created_at) VALUES (?, ?, ?, ?)", ProjectID.default,
            ProjectUID(at: SystemClock().now), defaultProjectName, SystemClock().now)
        try database.execute(sql: domainsOfProjects)
    }

    /// A project's number is not given again: rows of one that is gone may outlive it, and must not become another's.
    /// Of a key only digests are kept.
    private static let projects = """
        CREATE TABLE projects (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
          name TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          deleted_at INTEGER,
          CHECK (id <> 1 OR deleted_at IS NULL)
        ) STRICT;
        CREATE UNIQUE INDEX projects_by_name ON projects (name) WHERE deleted_at IS NULL;
        CREATE TRIGGER projects_stay BEFORE DELETE ON projects
        BEGIN SELECT RAISE(ABORT, 'the number of a project is not given again'); END;

        CREATE TABLE api_keys (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
          project INTEGER NOT NULL REFERENCES projects,
          name TEXT NOT NULL,
          prefix TEXT NOT NULL,           -- the key's first characters, by which people know it again
          digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),    -- SHA-256
          previous_digest BLOB CHECK (length(previous_digest) = 32),  -- of the key before it was rolled
          previous_until INTEGER,
          scopes TEXT NOT NULL,           -- separated by spaces
          from_domains TEXT NOT NULL,     -- A-labels, separated by spaces; '': any
          allowed_ips TEXT NOT NULL,      -- CIDRs, separated by spaces; '': any
          mode TEXT NOT NULL CHECK (mode IN ('live', 'sandbox')),
          rate_limit INTEGER CHECK (rate_limit > 0),    -- requests a second
          created_at INTEGER NOT NULL,
          expires_at INTEGER,
          last_used_at INTEGER,
          CHECK ((previous_digest IS NULL) = (previous_until IS NULL))
        ) STRICT;
        CREATE INDEX api_keys_by_project ON api_keys (project);
        """

    /// As `eventsWithData`. The trigger that names the table is made anew, for it would be broken while there is none.
    private static let domainsOfProjects = """
        DROP TRIGGER dkim_keys_stay_active;
        CREATE TABLE domains_of_projects (
          id INTEGER PRIMARY KEY,
          uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
          project INTEGER NOT NULL REFERENCES projects,
          name TEXT NOT NULL,             -- A-labels
          original TEXT NOT NULL,         -- as its owner wrote it
          created_at INTEGER NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('pending', 'verified', 'failing')),
          checked_at INTEGER,
          next_check_at INTEGER NOT NULL,
          doubted_at INTEGER,             -- one look found it out of order
          revision INTEGER NOT NULL CHECK (revision >= 0),    -- rises with each change
          UNIQUE (project, name),
          CHECK (status = 'pending' OR checked_at IS NOT NULL),
          CHECK (doubted_at IS NULL OR status = 'verified')
        ) STRICT;
        INSERT INTO domains_of_projects (id, uid, project, name, original, created_at, status, checked_at, next_check_at,
          doubted_at, revision)
          SELECT id, uid, project, name, original, created_at, status, checked_at, next_check_at, doubted_at, revision
          FROM domains;
        DROP TABLE domains;
        ALTER TABLE domains_of_projects RENAME TO domains;
        CREATE TRIGGER domains_move_forward BEFORE UPDATE OF status ON domains
        WHEN NEW.status <> OLD.status AND NOT (OLD.status = 'pending' AND NEW.status = 'verified')
          AND NOT (OLD.status IN ('verified', 'failing') AND NEW.status IN ('verified', 'failing'))
        BEGIN SELECT RAISE(ABORT, 'a domain does not go this way'); END;
        CREATE TRIGGER dkim_keys_stay_active BEFORE DELETE ON dkim_keys
        WHEN OLD.state = 'active' AND EXISTS (SELECT 1 FROM domains WHERE id = OLD.domain)
        BEGIN SELECT RAISE(ABORT, 'an active key goes only with its domain'); END;
        """
}
