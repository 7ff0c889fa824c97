// AccessDirectory.swift — every project and every API key, in memory: each request asks for its key.
//
// Follows each commit before whoever asked for the change goes on, so that a revoked key is worth nothing from then on.
// When keys were last used is known here first, and written now and then (QueueStore+Keys).

import Synchronization

package final class AccessDirectory: Sendable {
    private struct State {
        var projects: [ProjectID: Project] = [:]
        /// Since the start; their rows are never given again.
        var deletedProjects = Set<ProjectID>()
        var keys: [APIKeyID: APIKey] = [:]
        /// By the first eight bytes of the digests that stand for them, which say nothing of the keys themselves.
        var bearers: [UInt64: Set<APIKeyID>] = [:]
        var lastUses: [APIKeyID: Timestamp] = [:]
        /// Used since this was last written.
        var unwritten = Set<APIKeyID>()
    }

    private let state = Mutex(State())

    package init() {}

    /// At the start, with what is on disk.
    func fill(projects: [Project], keys: [(key: APIKey, lastUse: Timestamp?)]) {
        for project in projects { set(project) }
        for (key, lastUse) in keys {
            set(key)
            if let lastUse { state.withLock { $0.lastUses[key.id] = lastUse } }
        }
    }
}

// MARK: Projects

extension AccessDirectory {
    package subscript(id: ProjectID) -> Project? { state.withLock { $0.projects[id] } }

    package func project(_ uid: ProjectUID) -> Project? {
        state.withLock { $0.projects.values.first { $0.uid == uid } }
    }

    /// Newest first; `before` is the row of the last one of the page before.
    package func projects(before: Int64?, limit: Int) -> [Project] {
        state.withLock { Array($0.projects.values) }.newestFirst(by: \.id.rawValue, before: before, limit: limit)
    }

    func set(_ project: Project) { state.withLock { $0.projects[project.id] = project } }

    func remove(_ id: ProjectID) {
        state.withLock { state in
            state.projects[id] = nil
            state.deletedProjects.insert(id)
        }
    }

    /// Who began to ask while there was a project may come to its end when there is none any more.
    func hasDeleted(_ id: ProjectID) -> Bool { id != .default && state.withLock { $0.deletedProjects.contains(id) } }
}

// MARK: Keys

extension AccessDirectory {
    /// Those that a bearer with this SHA-256 may have: compare their digests in constant time.
    package func keys(near digest: [UInt8]) -> [APIKey] {
        state.withLock { state in
            guard let ids = state.bearers[Self.start(of: digest)] else { return [] }
            return ids.compactMap { state.keys[$0] }
        }
    }

    package func key(_ id: APIKeyID) -> APIKey? { state.withLock { $0.keys[id] } }

    /// Newest first, of all projects if nil; `before` is the row of the last one of the page before.
    package func keys(in project: ProjectID?, before: Int64?, limit: Int) -> [APIKey] {
        state.withLock { Array($0.keys.values) }.filter { project == nil || $0.project == project }
            .newestFirst(by: \.row, before: before, limit: limit)
    }

    /// In the place of what the key was.
    func set(_ key: APIKey) {
        state.withLock { state in
            Self.forget(key.id, in: &state)
            state.keys[key.id] = key
            for digest in key.digests { state.bearers[Self.start(of: digest), default: []].insert(key.id) }
        }
    }

    func remove(_ id: APIKeyID) {
        state.withLock { state in
            Self.forget(id, in: &state)
            state.lastUses[id] = nil
            state.unwritten.remove(id)
        }
    }

    private static func forget(_ id: APIKeyID, in state: inout State) {
        guard let key = state.keys.removeValue(forKey: id) else { return }
        for start in key.digests.map(start) {
            state.bearers[start]?.remove(id)
            if state.bearers[start]?.isEmpty == true { state.bearers[start] = nil }
        }
    }

    private static func start(of digest: [UInt8]) -> UInt64 { digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension APIKey {
    fileprivate var digests: [[UInt8]] { [secret.digest] + (previous.map { [$0.digest] } ?? []) }
}

// MARK: When they were used

extension AccessDirectory {
    /// Uses that follow within this time are not told apart.
    package static let useGranularity = Duration.seconds(60)

    package func noteUse(of id: APIKeyID, at now: Timestamp) {
        state.withLock { state in
            if let last = state.lastUses[id], now < last + Self.useGranularity { return }
            guard state.keys[id] != nil else { return }
            state.lastUses[id] = now
            state.unwritten.insert(id)
        }
    }

    package func lastUse(of id: APIKeyID) -> Timestamp? { state.withLock { $0.lastUses[id] } }

    /// Each is handed out once.
    func takeUnwrittenUses() -> [APIKeyID: Timestamp] {
        state.withLock { state in
            defer { state.unwritten = [] }
            return state.lastUses.filter { state.unwritten.contains($0.key) }
        }
    }

    /// They could not be written: for the next time.
    func returnUnwrittenUses(_ ids: some Sequence<APIKeyID>) { state.withLock { $0.unwritten.formUnion(ids) } }
}
