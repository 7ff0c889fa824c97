// Scene.swift — a real store, poster and dispatcher, with a clock that the test moves.

import Address
import Crypto
import Foundation
import Logging
import Mail
import Queue
import TestSupport
import Testing
import Webhooks

/// A clock that also tells which alarms are set.
final class AlarmClock: WallClock {
    let manual = ManualClock()
    private let alarms = AsyncStream<Timestamp>.makeStream()

    var now: Timestamp { manual.now }

    func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer {
        defer { alarms.continuation.yield(time) }
        return manual.schedule(at: time, action)
    }

    /// The time of the next alarm that is set, in the order of setting.
    func nextAlarm() async -> Timestamp? {
        for await alarm in alarms.stream { return alarm }
        return nil
    }
}

/// Holds whoever waits until it is opened.
final class Gate: Sendable {
    private let passage = AsyncStream<Never>.makeStream()
    func open() { passage.continuation.finish() }
    func wait() async { for await _ in passage.stream {} }
}

final class Scene: Sendable {
    let directory: String
    let clock: AlarmClock
    let store: QueueStore
    let dispatcher: WebhookDispatcher
    let secrets: SecretBox
    private let poster: WebhookPoster

    private init(directory: String, clock: AlarmClock) throws {
        (self.directory, self.clock) = (directory, clock)
        secrets = try SecretBox(masterKey: [UInt8](repeating: 7, count: SecretBox.masterKeyByteCount))
        store = try QueueStore.open(directory: directory, clock: clock)
        poster = WebhookPoster(policy: PosterTests.loopback)
        var options = WebhookDispatcher.Options()
        options.schedule = WebhookSchedule(jitter: { 0 })
        dispatcher = WebhookDispatcher(
            .init(store: store, poster: poster, secrets: secrets, clock: clock, log: Logger(label: "test")),
            options: options)
    }

    static func open(
        _ directory: String = NSTemporaryDirectory() + "postrider-\(UUID().uuidString)",
        clock: AlarmClock = AlarmClock()
    ) async throws -> Scene {
        let scene = try Scene(directory: directory, clock: clock)
        scene.store.start(
            ready: { _ in }, endpoints: { [dispatcher = scene.dispatcher] in dispatcher.endpointsChanged() },
            events: { [dispatcher = scene.dispatcher] seq in dispatcher.eventsCommitted(through: seq) })
        try await scene.dispatcher.start()
        return scene
    }

    /// As a new process finds it.
    func reopened(after bound: Duration = .seconds(30)) async throws -> Scene {
        await close(within: bound)
        return try await Scene.open(directory, clock: clock)
    }

    func close(within bound: Duration = .seconds(30)) async {
        await dispatcher.stop(within: bound)
        poster.stop()
        await store.close()
    }

    func end() async {
        await close(within: .zero)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// An endpoint at the receiver, and its secret.
    @discardableResult
    func endpoint(
        at receiver: Receiver, types: [EventType] = [], _ change: (inout Endpoint) -> Void = { _ in }
    ) async throws -> Endpoint {
        let id = EndpointID(at: clock.now)
        var endpoint = Endpoint(
            id: id, url: receiver.url, types: types, secret: WebhookSecret().sealed(for: id, by: secrets),
            createdAt: clock.now)
        change(&endpoint)
        return try #require(try await store.createEndpoint(endpoint))
    }

    /// One message to one recipient: one `message.accepted`.
    func submit(tags: [String: String] = [:]) async throws {
        let from = Mailbox(localPart: "hello", domain: Domain(trusted: "acme.example"))
        let to = Mailbox(localPart: "bob", domain: Domain(trusted: "example.test"))
        let submission = Submission(
            id: MessageID(at: clock.now), acceptedAt: clock.now, rfcMessageID: "<1@acme.example>",
            from: "hello@acme.example", fromDomain: from.domain, subject: "Hi", reversePath: .mailbox(from),
            content: MessageContent(bytes: Array("Subject: Hi\r\n\r\nHi\r\n".utf8)),
            recipients: [.init(id: RecipientID(at: clock.now), mailbox: to, role: .to)], tags: tags,
            expiresAt: clock.now + .seconds(432_000), delayNoticeAt: clock.now + .seconds(14_400))
        _ = try await store.submit(submission)
    }

    /// Ends the last message's only recipient.
    func record(_ outcome: RecipientOutcome) async throws {
        try await store.record([
            AttemptRecord(
                id: AttemptID(at: clock.now), message: store.highestMessage, startedAt: clock.now,
                finishedAt: clock.now,
                host: "mx1.example.test", address: "192.0.2.1", tls: nil, reply: nil, transcript: "",
                results: [RecipientResult(position: 0, outcome: outcome)])
        ])
    }

    /// As it is now.
    func stored(_ endpoint: Endpoint) async throws -> Endpoint {
        try #require(try await store.endpoint(endpoint.id, in: .default))
    }

    func update(_ endpoint: Endpoint, _ change: @escaping @Sendable (inout Endpoint) -> Void) async throws {
        _ = try await store.updateEndpoint(endpoint.id, in: .default, change)
    }

    func events() async throws -> [Event] { try await store.events(in: .default, after: 0, types: [], limit: 200) }

    /// Whenever they are due.
    func retries(of endpoint: Endpoint) async throws -> [PostRetry] {
        try await store.dueRetries(
            of: endpoint.id, at: Timestamp(milliseconds: .max), excluding: [], limit: 200)
    }

    /// Newest first.
    func posts(to endpoint: Endpoint) async throws -> [StoredPost] {
        try await store.posts(to: endpoint, before: nil, limit: 200)
    }
}
