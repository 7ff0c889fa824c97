// DomainsFixture.swift — a registry over a real store and a scripted name server, whose zone a test may change.

import Crypto
import DKIM
import DNS
import Foundation
import Logging
import Mail
import Queue
import Synchronization
import TestSupport
import Testing

@testable import Domains

/// What a name server says, as of now.
final class Zone: Sendable {
    private let answers = Mutex<[String: ScriptedDNS.Answer]>([:])

    subscript(name: String) -> ScriptedDNS.Answer? {
        get { answers.withLock { $0[name] } }
        set { answers.withLock { $0[name] = newValue } }
    }

    /// None: there is nothing of this name any more.
    func set(_ name: String, _ records: ScriptedDNS.Record...) { self[name] = .records(records) }

    /// As its `records` ask for.
    func publish(_ domain: RegisteredDomain, _ purposes: Set<RecordPurpose> = Set(RecordPurpose.allCases)) {
        for (name, records) in Dictionary(grouping: domain.records, by: \.name) {
            let wanted = records.filter { purposes.contains($0.purpose) }
            if !wanted.isEmpty { self[name] = .records(wanted.map(\.asPublished)) }
        }
    }
}

extension PublishedRecord {
    fileprivate var asPublished: ScriptedDNS.Record {
        switch kind {
        case .txt: .txt(value)
        case .mx: .mx(10, String(value.dropFirst("10 ".count)))
        }
    }
}

struct DomainsFixture {
    static let acme = Domain(trusted: "acme.test")
    static let host = "mx.postrider.test"
    static let lifetime = Duration.seconds(5 * 86_400)
    static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let store: QueueStore
    let clock: ManualClock
    let zone: Zone
    let dns: ScriptedDNS
    let secrets: SecretBox
    let registry: DomainRegistry
    let directory: String

    @discardableResult
    func create(_ name: Domain = acme) async throws -> RegisteredDomain {
        try await registry.create(name, original: name.ascii)
    }

    /// A domain whose records are all there, verified.
    func verified() async throws -> RegisteredDomain {
        zone.publish(try await create())
        return try await registry.verify(Self.acme)
    }

    func failingEvents() async throws -> [Event] {
        try await store.events(in: .default, after: 0, types: [.domainFailing], limit: 100)
    }

    /// A message of the domain, accepted now and queued.
    func submit(from domain: Domain = acme) async throws -> MessageID {
        let from = Mailbox(localPart: "hello", domain: domain)
        let to = Mailbox(localPart: "bob", domain: Domain(trusted: "example.test"))
        let submission = Submission(
            id: MessageID(at: clock.now), acceptedAt: clock.now, rfcMessageID: "<1@acme.test>", from: "hello@acme.test",
            fromDomain: domain, subject: "Hi", reversePath: .mailbox(from),
            content: MessageContent(bytes: Array("Subject: Hi\r\n\r\nHi\r\n".utf8)),
            recipients: [.init(id: RecipientID(at: clock.now), mailbox: to, role: .to)],
            expiresAt: clock.now + Self.lifetime, delayNoticeAt: clock.now + .seconds(14_400))
        _ = try await store.submit(submission)
        return submission.id
    }

    /// Ends the last message.
    func deliver() async throws {
        try await store.record([
            AttemptRecord(
                id: AttemptID(at: clock.now), message: store.highestMessage, startedAt: clock.now,
                finishedAt: clock.now, host: nil, address: nil, tls: nil, reply: nil, transcript: "",
                results: [RecipientResult(position: 0, outcome: .delivered)])
        ])
    }
}

func withDomains(
    bounceDomain: String? = nil, relay: String? = nil, _ test: (DomainsFixture) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "postrider-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let clock = ManualClock(), zone = Zone()
    let store = try QueueStore.open(directory: directory, clock: clock)
    let dns = try ScriptedDNS { zone[$0.name] ?? .noSuchDomain }
    let secrets = try SecretBox(masterKey: [UInt8](repeating: 7, count: SecretBox.masterKeyByteCount))
    var configuration = Resolver.Configuration(servers: [try #require(NameServer(dns.server))], timeout: .seconds(60))
    configuration.remembersAnswers = false
    var settings = DomainSettings(
        hostname: DomainsFixture.host, bounceDomain: bounceDomain.map { Domain(trusted: $0) },
        lifetime: DomainsFixture.lifetime)
    settings.relayMechanism = relay
    let registry = DomainRegistry(
        store: store, resolver: try Resolver(configuration),
        maker: KeyMaker(secrets: secrets, generate: MadeKeys.next), clock: clock, settings: settings)
    try await test(
        DomainsFixture(
            store: store, clock: clock, zone: zone, dns: dns, secrets: secrets, registry: registry,
            directory: directory))
    await store.close()
}

/// In the default project.
extension DomainRegistry {
    func create(_ name: Domain, original: String) async throws -> RegisteredDomain {
        try await create(name.ofDefaultProject, original: original)
    }
    func domain(_ name: Domain) throws -> RegisteredDomain { try domain(name.ofDefaultProject) }
    func delete(_ name: Domain) async throws -> RegisteredDomain { try await delete(name.ofDefaultProject) }
    func verify(_ name: Domain) async throws -> RegisteredDomain { try await verify(name.ofDefaultProject) }
    func check(_ name: Domain, isAskedFor: Bool) async throws -> RegisteredDomain {
        try await check(name.ofDefaultProject, isAskedFor: isAskedFor)
    }
    func addKeys(_ algorithms: [SignatureAlgorithm], to name: Domain) async throws -> RegisteredDomain {
        try await addKeys(algorithms, to: name.ofDefaultProject)
    }
    func activate(_ selector: String, of name: Domain) async throws -> RegisteredDomain {
        try await activate(selector, of: name.ofDefaultProject)
    }
    func deleteKey(_ selector: String, of name: Domain) async throws -> RegisteredDomain {
        try await deleteKey(selector, of: name.ofDefaultProject)
    }
}

extension Domain {
    var ofDefaultProject: SendingDomainName { SendingDomainName(self, in: .default) }
}

extension RegisteredDomain {
    /// The oldest key of each algorithm is `r` or `e`, those after it `r2`, `r3` and so on.
    private var labels: [String] {
        domain.keys.indices.map { index in
            let letter = domain.keys[index].selector.suffix(1)
            let number = domain.keys[...index].count { $0.selector.hasSuffix(letter) }
            return letter + (number == 1 ? "" : "\(number)")
        }
    }

    /// `r active`.
    var keyStates: [String] { zip(labels, domain.keys).map { "\($0) \($1.state.rawValue)" } }

    /// `purpose status` for each record.
    var statuses: [String] { records.map { "\($0.purpose.rawValue) \($0.status.rawValue)" } }

    func record(_ purpose: RecordPurpose, _ kind: RecordKind = .txt) throws -> PublishedRecord {
        try #require(records.first { $0.purpose == purpose && $0.kind == kind })
    }

    func selector(_ label: String) throws -> String {
        try #require(zip(labels, domain.keys).first { $0.0 == label }).1.selector
    }
}
