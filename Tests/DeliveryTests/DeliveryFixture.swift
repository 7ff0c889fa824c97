// DeliveryFixture.swift — delivery as it runs, over a real store and real sockets; only the clock and DNS are the test's.

import Address
import DNS
import Foundation
import Logging
import Mail
import NIOCore
import NIOPosix
import SMTP
import TLS
import TestSupport
import Testing

@testable import Delivery
@testable import Queue

final class DeliveryFixture: Sendable {
    let directory: String
    let clock: ManualClock
    let store: QueueStore
    let dispatcher: Dispatcher
    let notices: Duty

    /// - route: what DNS says of every destination, unless there is a `resolver`.
    /// - peers: the servers behind the hosts' names; every other host refuses connections.
    /// - furnish: changes what the dispatcher works with.
    static func open(
        _ route: MXLookup, peers: [String: SocketAddress] = [:], settings: DeliverySettings = DeliverySettings(),
        directory: String? = nil, clock: ManualClock = ManualClock(), resolver: (any MXResolving)? = nil,
        furnish: (inout Dispatcher.House) -> Void = { _ in }
    ) async throws -> DeliveryFixture {
        let fixture = try DeliveryFixture(
            resolver ?? FixedRoute(lookup: route), peers: peers, settings: settings,
            directory: directory ?? FileManager.default.temporaryDirectory.path + "/postrider-\(UUID().uuidString)",
            clock: clock, furnish: furnish)
        try await fixture.dispatcher.start()
        await fixture.notices.start()
        return fixture
    }

    private init(
        _ resolver: any MXResolving, peers: [String: SocketAddress], settings: DeliverySettings, directory: String,
        clock: ManualClock, furnish: (inout Dispatcher.House) -> Void
    ) throws {
        (self.directory, self.clock) = (directory, clock)
        var options = StoreOptions()
        options.reserveBytes = 64 << 10
        let store = try QueueStore.open(directory: directory, clock: clock, options: options)
        var connector = SMTPConnector(heloName: "client.test", tls: try TLSContext.client())
        connector.timeouts.connect = .seconds(60)  // However slow the machine: what does not answer refuses.
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var house = Dispatcher.House(
            store: store, clock: clock, nextHop: NextHop(resolver: resolver),
            connector: PeerConnector(peers: peers, connector: connector),
            loops: MultiThreadedEventLoopGroup.singleton, log: log)
        furnish(&house)
        let dispatcher = Dispatcher(settings: settings, house: house)
        store.start(ready: { dispatcher.admit($0) }, changes: { dispatcher.apply($0) }, events: { _ in })
        (self.store, self.dispatcher) = (store, dispatcher)
        notices = .delayNotices(after: settings.delayNoticeAfter, store: store, clock: clock, log: log)
    }

    /// Ends everything and keeps the directory, as a restart does.
    func leave() async {
        notices.stop()
        await dispatcher.stop(within: .seconds(20))
        await store.close()
    }

    func end() async {
        await leave()
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: Mail

    @discardableResult
    func send(
        to recipients: [String] = ["bob@example.test"], text: String = "Hello.\r\n",
        tls: TLSRequirement = .opportunistic,
        lifetime: Duration = .days(5), change: (inout Submission) -> Void = { _ in }
    ) async throws -> MessageID {
        let now = clock.now
        let id = MessageID(at: now)
        var submission = Submission(
            id: id, acceptedAt: now, rfcMessageID: "<\(id)@sender.test>", from: "app@sender.test",
            fromDomain: Domain(trusted: "sender.test"), subject: "Test",
            reversePath: .mailbox(try Mailbox(parsing: "app@sender.test")),
            content: MessageContent(bytes: Array("Subject: Test\r\n\r\n\(text)".utf8)),
            recipients: try recipients.map {
                .init(id: RecipientID(at: now), mailbox: try Mailbox(parsing: $0), role: .to)
            },
            expiresAt: now + lifetime, delayNoticeAt: now + dispatcher.settings.delayNoticeAfter, tls: tls)
        change(&submission)
        guard case .accepted = try await store.submit(submission) else { throw Unexpected("not accepted") }
        return id
    }

    func message(_ id: MessageID) async throws -> StoredMessage {
        try #require(try await store.message(id, in: .default))
    }

    func recipient(_ id: MessageID) async throws -> StoredRecipient {
        try #require(try await message(id).recipients.first)
    }

    /// Oldest first.
    func attempts(_ id: MessageID) async throws -> [StoredAttempt] {
        try #require(try await store.attempts(of: id, in: .default)).sorted { $0.startedAt < $1.startedAt }
    }

    func eventTypes(_ id: MessageID) async throws -> [EventType] {
        try #require(try await store.events(of: id, in: .default)).map(\.type)
    }

    // MARK: Time

    /// Returns when nothing is being delivered, looked up, read or recorded: all that is left waits for the clock.
    func settle() async throws {
        let patience = ContinuousClock.now + .seconds(120)
        while !dispatcher.inspect({ $0.isSettled(at: clock.now) }) {
            guard ContinuousClock.now < patience else {
                let state = dispatcher.inspect { "\($0.destinations) \($0.hosts)" }
                throw Unexpected("delivery does not come to rest: \(state)")
            }
            await Task.yield()
        }
    }

    /// Moves the clock from alarm to alarm, letting everything come to rest at each, until `wait` has passed.
    func pass(_ wait: Duration) async throws {
        try await settle()
        let end = clock.now + wait
        while let next = clock.nextAlarm, next <= end {
            clock.advance(by: max(.zero, next - clock.now))
            try await settle()
            try await noticesGiven()
        }
        clock.advance(by: end - clock.now)
        try await settle()
    }

    /// The notices' duty has set its next alarm again.
    private func noticesGiven() async throws {
        let patience = ContinuousClock.now + .seconds(120)
        while !notices.isWaiting {
            guard ContinuousClock.now < patience else { throw Unexpected("the delay notices do not come to an end") }
            await Task.yield()
        }
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension DispatchState {
    /// Nothing to do, and every session rests: one that is still on its way there would, after a leap of the clock, take
    /// up what has only fallen due by it.
    func isSettled(at now: Timestamp) -> Bool {
        heldCount + sandboxHeldCount == 0 && hosts.values.allSatisfy { $0.sessions == $0.idle.count }
            && destinations.allSatisfy { domain, destination in
                !destination.isFetching
                    && (destination.dueOnDisk.map { $0 > now } ?? true || destination.isPaused(at: now)
                        || paused.contains(domain))
            }
    }
}

/// DNS says the same of every destination.
struct FixedRoute: MXResolving {
    let lookup: MXLookup
    func route(to domain: Domain) async -> MXLookup { lookup }
    func addresses(of host: String) async -> MXLookup { lookup }
}

/// Finds the scripted peers behind the hosts' names.
struct PeerConnector: HostConnecting {
    let peers: [String: SocketAddress]
    let connector: SMTPConnector

    func connect(to hop: Hop, on loop: any EventLoop) async throws(SMTPFailure) -> SMTPSession {
        guard let port = peers[hop.host]?.port else {
            throw SMTPFailure(.cannotConnect(to: hop.host, reason: "connection refused"), at: .connect)
        }
        let real = Hop(host: hop.host, address: HostAddress(ip: .v4(0x7F00_0001), port: UInt16(port)))
        return try await connector.connect(to: real, on: loop)
    }
}

extension MXLookup {
    /// Hosts of rising preference, each with an address of its own.
    static func hosts(_ names: String...) -> MXLookup {
        .hosts(
            names.enumerated().map { index, name in
                MXHost(
                    preference: UInt16(index), name: Domain(trusted: name),
                    addresses: [.v4(0xC633_6401 + UInt32(index))])
            })
    }
}
