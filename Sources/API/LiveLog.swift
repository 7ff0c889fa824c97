// LiveLog.swift — the event log for those who wait for what comes next.
//
// While somebody follows it, each event is read and written as JSON once, for all of them, and its followers are woken;
// each then takes what comes after its own position, so that a slow one costs no memory and gets nothing twice. Who has
// fallen behind what is kept here reads the store, as does everybody while nobody follows: then a commit costs nothing.

import Queue
import Synchronization

final class LiveLog: Sendable {
    /// What a follower is woken by without looking at the others: the rarest thing that each of its events has.
    fileprivate enum Topic: Hashable {
        case message(MessageID)
        case tag(ProjectID, name: String, value: String)
        case project(ProjectID)
    }

    fileprivate struct Follower {
        let selection: EventSelection
        let bell: Bell
    }

    fileprivate struct State {
        var recent = RecentEvents(after: .max)
        var followers: [Topic: [UInt64: Follower]] = [:]
        var lastID: UInt64 = 0
        /// The highest event committed, as far as is known here.
        var target: Int64 = 0
        var isReading = false
        /// Nil while nobody follows.
        var ticket: CommitWatch.Ticket?
        var lastUse = Timestamp(milliseconds: 0)
    }

    /// One who follows. It is woken until `end`.
    struct Ticket: Sendable {
        fileprivate let log: LiveLog
        fileprivate let topic: Topic
        fileprivate let id: UInt64

        func end() { log.end(self) }
    }

    private static let readAtOnce = 256
    /// Who asks again and again is gone for a moment each time.
    private static let idleTime = Duration.seconds(30)

    private let store: QueueStore
    private let clock: any WallClock
    private let state = Mutex(State())

    init(store: QueueStore, clock: any WallClock) { (self.store, self.clock) = (store, clock) }

    /// The highest sequence number committed.
    var end: Int64 { store.commits.highestEvent }

    func hasEvents(after seq: Int64, in project: ProjectID) async throws(StoreFailure) -> Bool {
        try await !store.events(in: project, after: seq, limit: 1).events.isEmpty
    }

    /// Rings `bell` for each commit with an event of `selection`. Ask for a page after this.
    func follow(_ selection: EventSelection, ringing bell: Bell) -> Ticket {
        state.withLock { state in
            begin(&state)
            state.lastID += 1
            let topic = Topic(of: selection)
            state.followers[topic, default: [:]][state.lastID] = Follower(selection: selection, bell: bell)
            return Ticket(log: self, topic: topic, id: state.lastID)
        }
    }

    /// Up to `limit` events after `seq`. What `mayLag` is without commits of this very moment, but costs no read as long as
    /// it is in memory: a follower is woken by them anyway.
    func page(
        of selection: EventSelection, after seq: Int64, limit: Int, mayLag: Bool = false
    ) async throws(StoreFailure) -> LogPage {
        let highest = end
        let recent = state.withLock { state in
            mayLag || state.recent.end >= highest ? state.recent.page(of: selection, after: seq, limit: limit) : nil
        }
        if let recent { return recent }
        let found = try await store.events(
            in: selection.project, after: seq, matching: selection.filter, limit: limit)
        let events = found.events
        if let end = found.scannedThrough {
            return LogPage(events: events.map(LoggedEvent.init), through: end, isCut: true)
        }
        let last = events.last?.seq ?? seq
        return LogPage(
            events: events.map(LoggedEvent.init), through: events.count < limit ? max(last, highest) : last)
    }
}

// MARK: Followers

extension LiveLog {
    private func begin(_ state: inout State) {
        state.lastUse = clock.now
        guard state.ticket == nil else { return }
        // All under one lock: no commit falls between the watch and where the memory begins.
        state.ticket = store.commits.watchLog { [weak self] seq in self?.read(through: seq) }
        state.target = end
        state.recent = RecentEvents(after: state.target)
    }

    private func end(_ ticket: Ticket) {
        state.withLock { state in
            state.lastUse = clock.now
            state.followers[ticket.topic]?[ticket.id] = nil
            if state.followers[ticket.topic]?.isEmpty == true { state.followers[ticket.topic] = nil }
        }
    }
}

extension LiveLog.State {
    /// Those whom one of `events` is for, each once.
    fileprivate func bells(for events: [LoggedEvent]) -> [UInt64: Bell] {
        var bells: [UInt64: Bell] = [:]
        guard !followers.isEmpty else { return bells }
        for event in events.lazy.map(\.event) {
            for topic in LiveLog.Topic.all(of: event) {
                for (id, follower) in followers[topic] ?? [:]
                where bells[id] == nil && follower.selection.matches(event) {
                    bells[id] = follower.bell
                }
            }
        }
        return bells
    }

    fileprivate var allBells: [Bell] { followers.values.flatMap { $0.values.map(\.bell) } }
}

extension LiveLog.Topic {
    fileprivate init(of selection: EventSelection) {
        if let message = selection.filter.message {
            self = .message(message)
        } else if let (name, value) = selection.filter.tags.min(by: { $0.key < $1.key }) {
            self = .tag(selection.project, name: name, value: value)
        } else {
            self = .project(selection.project)
        }
    }

    fileprivate static func all(of event: Event) -> [Self] {
        guard let message = event.message else { return [.project(event.project)] }
        return [.project(event.project), .message(message.messageID)]
            + message.tags.map { .tag(event.project, name: $0.key, value: $0.value) }
    }
}

// MARK: Reading

extension LiveLog {
    /// On the writer's thread.
    private func read(through seq: Int64) {
        let mustRead = state.withLock { state in
            if state.followers.isEmpty, clock.now - state.lastUse > Self.idleTime {
                state.ticket?.end()
                state.ticket = nil
                state.recent = RecentEvents(after: .max)
                return false
            }
            state.target = max(state.target, seq)
            defer { state.isReading = true }
            return !state.isReading
        }
        if mustRead { Task { await read() } }
    }

    /// One page after the other, until there is nothing new. Commits that come meanwhile are read together.
    private func read() async {
        while let (start, target) = nextPage() {
            do {
                let events = try await store.events(after: start, limit: Self.readAtOnce).map(LoggedEvent.init)
                // What was committed meanwhile may be there already.
                let last = events.last?.seq ?? start
                admit(events, through: events.count < Self.readAtOnce ? max(last, target) : last)
            } catch {
                // Each follower then asks the store itself, and learns what is wrong with it.
                admit(nil, through: target)
            }
        }
    }

    /// Nil when everything has been read: then nobody is reading.
    private func nextPage() -> (start: Int64, target: Int64)? {
        state.withLock { state in
            state.isReading = state.ticket != nil && state.recent.end < state.target
            return state.isReading ? (state.recent.end, state.target) : nil
        }
    }

    private func admit(_ events: [LoggedEvent]?, through seq: Int64) {
        let bells = state.withLock { state -> [Bell] in
            // While this was read, everybody may have gone, and others come.
            guard state.ticket != nil, seq > state.recent.end else { return [] }
            guard let events else {
                state.recent = RecentEvents(after: seq)
                return state.allBells
            }
            let new = events.filter { $0.seq > state.recent.end }
            state.recent.append(new, through: seq)
            return Array(state.bells(for: new).values)
        }
        for bell in bells { bell.ring() }
    }
}
