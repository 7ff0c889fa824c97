// Ground+HTTP.swift — the API, with what it asks of the rooms beside it, and the server in front of it.

import API
import Address
import Delivery
import Domains
import HTTP
import Prometheus
import Queue
import Settings
import TLS
import Webhooks

extension Ground {
    func api(
        _ keys: APIConfiguration.Keys, domains: DomainRegistry, nextHop: NextHop, webhooks: WebhookDispatcher
    ) throws -> APIConfiguration {
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
        return api
    }

    func openHTTP(_ api: API, _ identity: ServerIdentity?) async throws -> HTTPServer {
        var configuration = HTTPServer.Configuration()
        configuration.limits.maxBody = settings.http.maxBody
        configuration.limits.bodyMemory = settings.http.bodyMemory
        configuration.identity = identity
        configuration.limits.connections = min(configuration.limits.connections, DescriptorLimit.current / 2)
        return try await HTTPServer.bind(
            host: "\(settings.http.listen.ip)", port: settings.http.listen.port, group: loops,
            configuration: configuration, handler: api)
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
