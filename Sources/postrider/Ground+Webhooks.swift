// Ground+Webhooks.swift — posting events, and to which addresses.

import Address
import Crypto
import DNS
import Logging
import Queue
import Settings
import Webhooks

extension Ground {
    struct WebhooksRoom {
        let dispatcher: WebhookDispatcher
        let poster: WebhookPoster

        func leave() async {
            await dispatcher.stop(within: .seconds(5))
            poster.stop()
        }
    }

    func openWebhooks(_ secrets: SecretBox, resolver: DNS.Resolver) -> WebhooksRoom {
        let poster = WebhookPoster(policy: webhookPolicy, lookUp: webhookLookUp(resolver))
        let log = Logger(label: "postrider.webhooks")
        let dispatcher = WebhookDispatcher(
            .init(store: store, poster: poster, secrets: secrets, clock: clock, log: log))
        return WebhooksRoom(dispatcher: dispatcher, poster: poster)
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
    var webhookPolicy: AddressPolicy {
        let loopback = ["127.0.0.0/8", "::1/128"].compactMap { Network($0) }
        return AddressPolicy(
            allowed: settings.webhooks.allowNetworks + (isDev ? loopback : []),
            own: AddressPolicy.interfaceAddresses())
    }
}
