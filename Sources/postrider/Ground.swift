// Ground.swift — what every room stands on, the store, the clock, the event loops, and how each room is opened on it.

import API
import Address
import Crypto
import DNS
import Delivery
import Domains
import HTTP
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
import Webhooks

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

    func openDomains(_ secrets: SecretBox) throws -> DomainRegistry {
        var dns = resolverConfiguration
        (dns.remembersAnswers, dns.timeout) = (false, .seconds(10))
        var terms = DomainSettings(
            hostname: hostname, bounceDomain: settings.bounceDomain.map { Domain(trusted: $0) },
            lifetime: settings.delivery.lifetime)
        terms.relayMechanism = settings.delivery.relay.map { relay in
            IPAddress(relay.host).map { "\($0.isIPv6 ? "ip6" : "ip4"):\($0)" } ?? "a:\(relay.host.lowercased())"
        }
        return DomainRegistry(
            store: store, resolver: try DNS.Resolver(dns), maker: KeyMaker(secrets: secrets), clock: clock,
            settings: terms)
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

    // MARK: Webhooks

    func openWebhooks(
        _ secrets: SecretBox, resolver: DNS.Resolver
    ) -> (WebhookDispatcher, WebhookPoster) {
        let poster = WebhookPoster(policy: webhookPolicy, lookUp: webhookLookUp(resolver))
        let log = Logger(label: "postrider.webhooks")
        let dispatcher = WebhookDispatcher(
            .init(store: store, poster: poster, secrets: secrets, clock: clock, log: log))
        return (dispatcher, poster)
    }

    /// Where the operator has named servers, they are asked for every name. Else the system's resolver is, which knows the
    /// short names and the hosts file of a private network.
    private func webhookLookUp(_ resolver: DNS.Resolver) -> WebhookPoster.LookUp? {
        guard !settings.dns.servers.isEmpty else { return nil }
        let hosts = MXResolver(resolver, policy: webhookPolicy)
        return { name in
            switch await hosts.addresses(of: name) {
            case .hosts(let found): .found(found.flatMap(\.addresses))
            case .noHosts(let detail), .noSuchDomain(let detail), .notAllowed(let detail), .loop(let detail):
                .none(reason: detail)
            case .temporary(let reason): .none(reason: reason)
            case .nullMX: .none(reason: "it has none")
            }
        }
    }

    /// Never to this machine's own addresses, public ones too: what listens there may trust who comes from here. A newcomer's
    /// receiver runs on the same machine.
    private var webhookPolicy: AddressPolicy {
        let loopback = ["127.0.0.0/8", "::1/128"].compactMap { Network($0) }
        return AddressPolicy(
            allowed: settings.webhooks.allowNetworks + (isDev ? loopback : []),
            own: AddressPolicy.interfaceAddresses())
    }

    // MARK: HTTP

    func openHTTP(
        _ keys: APIConfiguration.Keys, _ identity: ServerIdentity?, domains: DomainRegistry, nextHop: NextHop,
        webhooks: WebhookDispatcher, sandbox: SandboxServer
    ) async throws -> HTTPServer {
        var terms = AcceptanceTerms(
            hostname: hostname, lifetime: settings.delivery.lifetime,
            delayNoticeAfter: settings.delivery.delayNoticeAfter)
        terms.requiresVerifiedDomain = settings.sending.requireVerifiedDomain
        terms.allowsAddressLiterals = settings.sending.allowAddressLiterals
        var api = APIConfiguration(store: store, clock: clock, keys: keys, domains: domains, terms: terms)
        api.isDevMode = isDev
        api.rateLimit = settings.http.rateLimit
        api.reference = .init(describedBy: PackageResources.openapi_yaml)
        api.renderMetrics = { [metrics] in metrics.render() }
        api.forecasts = DestinationForecasts { DestinationForecast(await nextHop.route(to: $0)) }
        api.endpointURLFault = { [webhookPolicy] text in
            do throws(EndpointURL.Failure) {
                _ = try EndpointURL(text, policy: webhookPolicy)
                return nil
            } catch { return error.description }
        }
        api.testEndpoint = { endpoint, type in try await webhooks.test(endpoint, example: type) }
        var configuration = HTTPServer.Configuration()
        configuration.limits.maxBody = settings.http.maxBody
        configuration.limits.bodyMemory = settings.http.bodyMemory
        configuration.identity = identity
        configuration.limits.connections = min(configuration.limits.connections, DescriptorLimit.current / 2)
        return try await HTTPServer.bind(
            host: "\(settings.http.listen.ip)", port: settings.http.listen.port, group: loops,
            configuration: configuration,
            handler: API(api, additionalRoutes: SandboxRoutes.all(of: sandbox, clock: clock)))
    }
}

extension DestinationForecast {
    fileprivate init(_ route: Route) {
        switch route {
        case .hops(let hops):
            var hosts: [Host] = []
            for hop in hops {
                if hosts.last?.name != hop.host { hosts.append(Host(name: hop.host, addresses: [])) }
                hosts[hosts.count - 1].addresses.append("\(hop.address.ip)")
            }
            self = .hosts(hosts)
        case .impossible(let failure): self = .impossible(reason: failure.reason.rawValue, detail: failure.detail)
        case .unknown(let reason): self = .unknown(reason)
        }
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
