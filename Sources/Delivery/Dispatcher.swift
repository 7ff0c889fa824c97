// Dispatcher.swift — runs the dispatch state: one lock around it, and everything it asks for done outside the lock.
//
// Called from the store's writer thread (what was committed), from the workers (what next?), from lookups and reads,
// and from the clock. No call blocks for longer than the lock.

import Logging
import Mail
import Metrics
import NIOCore
import Queue
import Synchronization

package final class Dispatcher: Sendable {
    /// What a dispatcher works with.
    package struct House: Sendable {
        package var store: QueueStore
        package var clock: any WallClock
        package var nextHop: NextHop
        package var connector: any HostConnecting
        package var loops: any EventLoopGroup
        package var log: Logger
        /// Nil: nothing is signed.
        package var signer: Signer?
        /// Nil: messages keep the reverse-path that they were accepted with. Otherwise each recipient has a transaction
        /// of its own, but for messages without a reverse-path: they are bounces themselves (RFC 5321 §4.5.5).
        package var bounceAddresses: BounceAddresses?

        package init(
            store: QueueStore, clock: any WallClock, nextHop: NextHop, connector: any HostConnecting,
            loops: any EventLoopGroup, log: Logger
        ) {
            (self.store, self.clock, self.nextHop) = (store, clock, nextHop)
            (self.connector, self.loops, self.log) = (connector, loops, log)
        }
    }

    fileprivate struct Guarded {
        var state: DispatchState
        /// Idle workers, each waiting in `next`.
        var parked: [WorkerID: UnsafeContinuation<DeliveryAttempt?, Never>] = [:]
        var alarm: (time: Timestamp, timer: any ClockTimer)?
        var whenEmpty: [UnsafeContinuation<Void, Never>] = []
    }

    package let settings: DeliverySettings
    let house: House
    let recorder: AttemptRecorder
    fileprivate let guarded: Mutex<Guarded>
    /// False only while nobody held is withdrawn: spares the lock.
    private let mayHoldWithdrawn = Atomic(false)

    package init(settings: DeliverySettings, house: House) {
        self.settings = settings
        self.house = house
        recorder = AttemptRecorder(settings: settings, house: house)
        guarded = Mutex(Guarded(state: DispatchState(settings: settings)))
    }

    // MARK: From the store

    /// Takes on what a commit has made safe. Quick: for the store's writer thread.
    package func admit(_ messages: [ReadyMessage]) {
        transition { state, now in state.announce(messages, at: now) }
    }

    /// Takes on what users have changed. As quick.
    package func apply(_ changes: [QueueChange]) {
        transition { state, now in
            state.apply(changes, at: now)
            if !state.withdrawn.isEmpty { mayHoldWithdrawn.store(true, ordering: .releasing) }
        }
    }

    /// Learns from the store which destinations have something queued. Call once, before mail is accepted.
    package func start() async throws(StoreFailure) {
        let announced = house.store.highestMessage
        let known = try await house.store.destinations()
        transition { state, now in
            state.announced = announced
            state.paused = house.store.pauses.domains
            for (domain, due) in known { state.leaveOnDisk(domain, until: due) }
            state.ring(at: now)
        }
    }

    /// Gives out no more work and returns when the last open session has ended, or `limit` is over. What was not begun
    /// stays queued on disk; what was not ended may reach its recipients twice.
    package func stop(within limit: Duration) async {
        transition { state, _ in state.stop() }
        let bound = Task {
            try await Task.sleep(for: limit)
            self.house.log.warning(
                "transactions did not end in time", metadata: ["seconds": "\(limit.components.seconds)"])
            self.letGo()
        }
        await empty()
        bound.cancel()
    }

    private func letGo() {
        let waiting = guarded.withLock { guarded in
            let waiting = guarded.whenEmpty
            guarded.whenEmpty = []
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func empty() async {
        await withUnsafeContinuation { continuation in
            let isEmpty = guarded.withLock { guarded in
                if guarded.state.isAtRest { return true }
                guarded.whenEmpty.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }

    // MARK: From the workers

    /// The first attempt for a session just opened, if one still waits.
    func opened(_ hop: Hop) -> DeliveryAttempt? {
        transition(parking: nil) { state, now in state.opened(hop.address, at: now) }
    }

    func openFailed(_ failed: FailedTry) { transition { state, now in state.openFailed(failed, at: now) } }

    /// The next attempt for this worker's host; waits while there is none; nil when it is to end its session.
    func next(_ worker: WorkerID, at hop: Hop) async -> DeliveryAttempt? {
        if let taken = takeNow(at: hop) { return taken }
        return await withUnsafeContinuation { continuation in
            let step = transition(parking: (worker, continuation)) { state, now in
                state.next(worker, at: hop.address, now: now)
            }
            switch step {
            case .deliver(let attempt): continuation.resume(returning: attempt)
            case .leave: continuation.resume(returning: nil)
            case .park: break
            }
        }
    }

    /// Work that is there already: the busy case, without a continuation. `.some(nil)` says leave.
    private func takeNow(at hop: Hop) -> DeliveryAttempt?? {
        guarded.withLock { guarded in
            if guarded.state.isStopping { return .some(nil) }
            return guarded.state.takeWaiting(at: hop.address).map { .some($0) }
        }
    }

    var isStopping: Bool { guarded.withLock { $0.state.isStopping } }

    func resume(_ attempt: DeliveryAttempt) { transition { state, now in state.resume(attempt, at: now) } }

    func retry(_ attempt: DeliveryAttempt) { transition { state, now in state.retry(attempt, at: now) } }

    func hostFailed(_ attempt: DeliveryAttempt, _ failed: FailedTry) {
        transition { state, now in state.hostFailed(attempt, failed, at: now) }
    }

    func unsuited(_ attempt: DeliveryAttempt, _ failed: FailedTry) {
        transition { state, now in state.unsuited(attempt, failed, at: now) }
    }

    func sessionEnded(_ worker: WorkerID, _ hop: Hop) {
        transition { state, now in state.sessionEnded(worker, hop.address, at: now) }
    }

    func release(_ attempt: DeliveryAttempt, deferredUntil until: Timestamp?) {
        transition { state, now in state.release(attempt, deferredUntil: until, at: now) }
    }

    /// Those that a commit has withdrawn since they were taken into memory.
    func heldWithdrawn(among recipients: some Collection<ReadyRecipient>) -> Set<RecipientKey> {
        guard mayHoldWithdrawn.load(ordering: .acquiring) else { return [] }
        return guarded.withLock { guarded in
            let withdrawn = guarded.state.withdrawn
            if withdrawn.isEmpty { mayHoldWithdrawn.store(false, ordering: .relaxed) }
            return Set(recipients.lazy.map(\.key).filter(withdrawn.contains))
        }
    }

    // MARK: Transitions and effects

    private func transition(_ change: (inout DispatchState, Timestamp) -> Void) {
        transition(parking: nil, change)
    }

    @discardableResult
    private func transition<Result>(
        parking: (worker: WorkerID, continuation: UnsafeContinuation<DeliveryAttempt?, Never>)?,
        _ change: (inout DispatchState, Timestamp) -> Result
    ) -> Result {
        let now = house.clock.now
        typealias Wake = (UnsafeContinuation<DeliveryAttempt?, Never>, DeliveryAttempt?)
        let (result, effects, wakes, empty) = guarded.withLock { guarded in
            let result = change(&guarded.state, now)
            if let parking, case .park? = result as? WorkerStep {
                guarded.parked[parking.worker] = parking.continuation
            }
            var wakes: [Wake] = []
            var effects: [DispatchEffect] = []
            for effect in guarded.state.effects {
                switch effect {
                case .hand(let attempt, let worker):
                    if let parked = guarded.parked.removeValue(forKey: worker) { wakes.append((parked, attempt)) }
                case .dismiss(let worker):
                    if let parked = guarded.parked.removeValue(forKey: worker) { wakes.append((parked, nil)) }
                case .lookUp, .fetch, .open, .conclude, .expireOnDisk:
                    effects.append(effect)
                }
            }
            guarded.state.effects.removeAll(keepingCapacity: true)
            setAlarm(&guarded)
            var empty: [UnsafeContinuation<Void, Never>] = []
            if !guarded.whenEmpty.isEmpty, guarded.state.isAtRest { swap(&empty, &guarded.whenEmpty) }
            return (result, effects, wakes, empty)
        }
        for (worker, attempt) in wakes { worker.resume(returning: attempt) }
        if !effects.isEmpty { perform(effects) }
        for continuation in empty { continuation.resume() }
        return result
    }

    /// One timer at most, at the earliest moment that anything asks for.
    private func setAlarm(_ guarded: inout Guarded) {
        guard let wake = guarded.state.nextWake else { return }
        if let alarm = guarded.alarm, alarm.time <= wake { return }
        guarded.alarm?.timer.cancel()
        let timer = house.clock.schedule(at: wake) { [weak self] in self?.ring(wake) }
        guarded.alarm = (wake, timer)
    }

    private func ring(_ time: Timestamp) {
        guarded.withLock { guarded in
            if guarded.alarm?.time == time { guarded.alarm = nil }
        }
        transition { state, now in state.ring(at: max(now, time)) }
    }

    private func perform(_ effects: [DispatchEffect]) {
        var concluded: [(DeliveryAttempt, Conclusion)] = []
        for effect in effects {
            switch effect {
            case .lookUp(let domain): Task { await lookUp(domain) }
            case .fetch(let query): Task { await fetch(query) }
            case .open(let worker, let hop):
                let worker = DeliveryWorker(id: worker, hop: hop, loop: house.loops.next(), dispatcher: self)
                Task { await worker.run() }
            case .conclude(let attempt, let conclusion): concluded.append((attempt, conclusion))
            case .expireOnDisk(let domain, let held, let reply):
                Task { await recorder.expire(domain, excluding: held, lastReply: reply) }
            case .hand, .dismiss: preconditionFailure("workers are woken with the lock's own snapshot")
            }
        }
        if !concluded.isEmpty { Task { [concluded] in await conclude(concluded) } }
    }

    private func lookUp(_ domain: Domain) async {
        let route = await house.nextHop.route(to: domain)
        transition { state, now in state.routed(domain, route, at: now) }
    }

    private func fetch(_ query: DueQuery) async {
        var batch = DueBatch(messages: [], nextDueAt: query.now + .seconds(1), isComplete: true)
        do {
            batch = try await house.store.due(query)
            batch.messages = await withoutSuppressed(batch.messages)
        } catch {
            house.log.error(
                "reading due recipients failed", metadata: ["destination": "\(query.domain)", "error": "\(error)"])
        }
        transition { [batch] state, now in state.fetched(query.domain, batch, at: now) }
    }
}

extension Dispatcher {
    /// Looks at the state as it is now; for tests.
    func inspect<Value>(_ look: (DispatchState) -> Value) -> Value { guarded.withLock { look($0.state) } }
}
