// House.swift — the rooms, opened from the ground up and wired to each other.

import API
import Address
import Console
import DNS
import Delivery
import Domains
import HTTP
import Logging
import Metrics
import NIOCore
import NIOPosix
import Prometheus
import Queue
import SMTP
import Sandbox
import ServiceLifecycle
import Settings
import TLS
import Webhooks

struct House {
    /// Where the HTTP server listens, its port chosen.
    let address: TransportAddress
    /// With which it speaks HTTPS there.
    let identity: ServerIdentity?
    /// From the ground up. They leave in reverse, each only after those above it.
    let services: [any Service]

    /// A transaction past DATA may take 45 s to end; what is left after that is queued on disk anyway.
    static let patience: Duration = .seconds(50)

    static func open(_ settings: Settings, isDev: Bool, logger: Logger) async throws -> House {
        let identity = try ServerIdentity.open(settings.http)
        let ground = try Ground(settings, isDev: isDev, logger: logger)
        let rootKey = try RootKey.load(configured: settings.rootKey, directory: settings.storage.directory) { key in
            write("root key (shown only this once): \(key)\n", to: STDOUT_FILENO)
        }
        let secrets = try await MasterKey.open(
            configured: settings.masterKey, directory: settings.storage.directory, store: ground.store, log: logger)
        let sandbox = try await ground.openSandbox()
        let delivery = try ground.openDelivery(secrets, sandbox: sandbox)
        let webhooks = ground.openWebhooks(secrets, resolver: delivery.resolver)
        let domains = try ground.openDomains(secrets)
        let keyUses = Duty.keyUses(store: ground.store, clock: ground.clock, log: Logger(label: "postrider.keys"))
        ground.store.start(
            ready: { delivery.dispatcher.admit($0) }, changes: { delivery.dispatcher.apply($0) },
            endpoints: { webhooks.dispatcher.endpointsChanged() },
            events: { webhooks.dispatcher.eventsCommitted(through: $0) })
        try await delivery.dispatcher.start()
        try await webhooks.dispatcher.start()
        // After a long pause there may be much to purge, and nobody is to wait for that.
        for duty in delivery.duties + domains.duties + [keyUses] { duty.startBeside() }
        let api = try ground.api(
            .init(rootDigest: rootKey.digest, secrets: secrets), domains: domains.registry, nextHop: delivery.nextHop,
            webhooks: webhooks.dispatcher)
        let sandboxRoutes = SandboxRoutes.all(of: sandbox, clock: ground.clock)
        let server = try await ground.openHTTP(API(api, additionalRoutes: sandboxRoutes), identity)

        let rooms = Rooms(
            ground: ground, keyUses: keyUses, domains: domains, sandbox: sandbox, server: server, delivery: delivery,
            webhooks: webhooks)
        let address = TransportAddress(ip: settings.http.listen.ip, port: server.port)
        return House(address: address, identity: identity, services: rooms.services)
    }

    var origin: String { "\(identity == nil ? "http" : "https")://\(address)" }

    /// Something to try, for a newcomer in a terminal.
    var welcome: String {
        """
        sandbox on: all mail stays on this machine; try

        curl -i \(identity == nil ? "" : "-k ")\(origin)/v1/messages -H 'Content-Type: application/json' \\
          -d '{"from":"Acme <hello@acme.example>","to":["bob@example.net"],"subject":"Hello","text":"It works."}'


        """
    }
}

extension NextHop.Relay {
    init(_ relay: HostAndPort) { self.init(host: relay.host, port: UInt16(relay.port)) }
    /// In development mode everything goes there.
    init(_ sandbox: SandboxServer) {
        self.init(host: "127.0.0.1", port: UInt16(sandbox.address.port ?? 0))
        isSandbox = true
    }
}

extension Hop {
    /// For what is sent with sandbox keys.
    init(_ sandbox: SandboxServer) {
        let port = UInt16(sandbox.address.port ?? 0)
        self.init(host: "sandbox", address: HostAddress(ip: .v4(0x7F00_0001), port: port), isSandbox: true)
    }
}

/// What is open, and must be left in order.
private struct Rooms {
    let ground: Ground
    let keyUses: Duty
    let domains: Ground.DomainsRoom
    let sandbox: SandboxServer
    let server: HTTPServer
    let delivery: Ground.DeliveryRoom
    let webhooks: Ground.WebhooksRoom

    /// From the ground up.
    var services: [any Service] {
        [
            ground.alarm,
            Resident("store") {
                keyUses.stop()
                do { try await ground.store.writeKeyUses() } catch {
                    ground.logger.error("writing uses of keys failed", metadata: ["error": "\(error)"])
                }
                await ground.store.close()
            },
            Resident("domains") { domains.leave() },
            Resident("sandbox") { await sandbox.stop() },
            // Together: one after the other, slow clients and receivers would eat the time that transactions need.
            Resident("http, delivery and webhooks") {
                await withDiscardingTaskGroup { group in
                    group.addTask { await server.drain(within: .seconds(10)) }
                    group.addTask { await delivery.leave() }
                    group.addTask { await webhooks.leave() }
                }
            },
        ]
    }
}
