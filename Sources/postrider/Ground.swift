// Ground.swift — what every room stands on, the store, the clock, the event loops, and how each room is opened on it.
//
// Aspects: +Webhooks, +HTTP (those rooms).

import Address
import Crypto
import DNS
import Delivery
import Domains
import Logging
import Mail
import Metrics
import NIOCore
import NIOPosix
import Prometheus
import Queue
import SMTP
import Sandbox
import Settings
import TLS

struct Ground {
    let settings: Settings
    let isDev: Bool
    let logger: Logger
    let hostname: String
    let clock = SystemClock()
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    let metrics = PrometheusRegistry.ofThisProcess
    let alarm = Alarm()
    let store: QueueStore

    init(_ settings: Settings, isDev: Bool, logger: Logger) throws {
        (self.settings, self.isDev, self.logger) = (settings, isDev, logger)
        hostname = settings.hostname ?? HostName.ofThisMachine()
        var options = StoreOptions()
        options.onBroken = { [alarm, logger] failure in
            logger.critical("the store has failed; leaving", metadata: ["error": "\(failure)"])
            alarm.ring("the store has failed: \(failure)")
        }
        options.onUpgrade = { [logger] in logger.notice("bringing the store of an older version up to date") }
        // It takes the directory for this process alone.
        store = try QueueStore.open(directory: settings.storage.directory, clock: clock, options: options)
    }

    // MARK: Sending domains

    /// The registry with the duties beside it.
    struct DomainsRoom {
        let registry: DomainRegistry
        let duties: [Duty]

        func leave() {
            for duty in duties { duty.stop() }
            registry.close()
        }
    }

    func openDomains(_ secrets: SecretBox) throws -> DomainsRoom {
        var dns = resolverConfiguration
        (dns.remembersAnswers, dns.timeout) = (false, .seconds(10))
        var terms = DomainSettings(
            hostname: hostname, bounceDomain: settings.bounceDomain.map { Domain(trusted: $0) },
            lifetime: settings.delivery.lifetime)
        terms.relayMechanism = settings.delivery.relay.map { relay in
            IPAddress(relay.host).map { "\($0.isIPv6 ? "ip6" : "ip4"):\($0)" } ?? "a:\(relay.host.lowercased())"
        }
        let registry = DomainRegistry(
            store: store, resolver: try DNS.Resolver(dns), maker: KeyMaker(secrets: secrets), clock: clock,
            settings: terms)
        let log = Logger(label: "postrider.domains")
        return DomainsRoom(
            registry: registry, duties: [.domainChecks(registry, log: log), .endOfKeys(registry, log: log)])
    }

    private var resolverConfiguration: DNS.Resolver.Configuration {
        DNS.Resolver.Configuration(
            servers: settings.dns.servers.map { NameServer(address: $0.ip, port: UInt16($0.port)) },
            trustAnchorFile: settings.dns.trustAnchorFile)
    }

    // MARK: Delivery

    /// The dispatcher with the duties beside it.
    struct DeliveryRoom {
        let dispatcher: Dispatcher
        let nextHop: NextHop
        let duties: [Duty]
        let resolver: DNS.Resolver

        /// Ends what is past DATA, within its time; soon when the store has failed (that cancels us), as nothing of
        /// it could be recorded.
        func leave() async {
            for duty in duties { duty.stop() }
            await dispatcher.stop(within: .seconds(Task.isCancelled ? 1 : 45))
            resolver.close()
        }
    }

    func openDelivery(_ secrets: SecretBox, sandbox: SandboxServer) throws -> DeliveryRoom {
        let resolver = try DNS.Resolver(resolverConfiguration)
        let policy = AddressPolicy(allowed: settings.delivery.allowNetworks, own: AddressPolicy.interfaceAddresses())
        let mx = MXResolver(resolver, policy: policy, ownNames: [hostname])
        let log = Logger(label: "postrider.delivery")
        let relay = isDev ? NextHop.Relay(sandbox) : settings.delivery.relay.map { NextHop.Relay($0) }
        let nextHop = NextHop(resolver: mx, port: UInt16(settings.delivery.port), relay: relay)
        var house = Dispatcher.House(
            store: store, clock: clock, nextHop: nextHop,
            connector: try connector(), loops: loops, log: log)
        house.signer = Signer(
            domains: store.sendingDomains, box: secrets, lifetime: settings.delivery.lifetime, clock: clock)
        house.bounceAddresses = settings.bounceDomain.map {
            BounceAddresses(domain: Domain(trusted: $0), key: secrets.derivedKey(for: "bounce-address"))
        }
        var deliverySettings = DeliverySettings(settings.delivery)
        deliverySettings.suppressesDeadMailboxes = settings.suppressions.automatic
        (deliverySettings.sandbox, deliverySettings.sandboxToken) = (Hop(sandbox), sandbox.token)
        let dispatcher = Dispatcher(settings: deliverySettings, house: house)
        let retention = Retention(content: settings.retention.content, messages: settings.retention.messages)
        let duties: [Duty] = [
            .delayNotices(after: settings.delivery.delayNoticeAfter, store: store, clock: clock, log: log),
            .pausedExpiry(of: dispatcher),
            .purging(retention, store: store, clock: clock, log: log),
        ]
        return DeliveryRoom(dispatcher: dispatcher, nextHop: nextHop, duties: duties, resolver: resolver)
    }

    private func connector() throws -> SMTPConnector {
        var connector = SMTPConnector(heloName: hostname, tls: try TLSContext.client())
        if !isDev, let user = settings.delivery.relayUser, let password = settings.delivery.relayPassword {
            connector.credentials = Credentials(user: user, password: password)
        }
        connector.sourceAddresses = try settings.delivery.sourceAddresses.map {
            try SocketAddress(ipAddress: "\($0)", port: 0)
        }
        return connector
    }

    func openSandbox() async throws -> SandboxServer {
        try await SandboxServer.start(at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: loops)
    }
}

extension DeliverySettings {
    init(_ settings: Settings.Delivery) {
        self.init()
        schedule = RetrySchedule(waits: settings.retrySchedule)
        maxSessions = settings.maxSessions
        maxSessionsPerHost = settings.maxSessionsPerHost
        messagesPerSession = settings.messagesPerSession
        requireTLS = settings.requireTLS
    }
}

extension PrometheusRegistry {
    /// Where every instrument of the process is found. The metrics system takes one, once.
    static let ofThisProcess: PrometheusRegistry = {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()
}
