// APIConfiguration.swift — what the API needs of the house around it.

import Crypto
import Domains
import Logging
import Queue

package struct APIConfiguration: Sendable {
    package var store: QueueStore
    package var clock: any WallClock
    package var keys: Keys
    package var domains: DomainRegistry
    package var terms: AcceptanceTerms
    /// Requests from loopback need no key.
    package var isDevMode = false
    /// Requests a second that a key may make which says nothing of its own; nil: any number.
    package var rateLimit: Int?
    package var attendance = Attendance.Bounds()
    package var reference = Reference()
    /// What /metrics answers, in the Prometheus text format.
    package var renderMetrics: @Sendable () -> [UInt8] = { [] }
    /// What is wrong with a webhook's URL, in one sentence for its author; nil if nothing is.
    package var endpointURLFault: @Sendable (String) -> String? = { _ in nil }
    /// Where the mail of a domain would go, for dry runs.
    package var forecasts = DestinationForecasts { _ in .unknown("nothing is looked up here") }
    /// Posts a test to an endpoint, which may look like an event of a type; nil if the endpoint is gone.
    package typealias EndpointTest = @Sendable (Endpoint, EventType?) async throws -> EndpointTrial?
    package var testEndpoint: EndpointTest = { _, _ in nil }
    package var logger = Logger(label: "postrider.api")

    package struct Keys: Sendable {
        /// SHA-256 of the bearer key with every scope.
        package var rootDigest: [UInt8]
        /// Seals what the store must not hold in the clear.
        package var secrets: SecretBox
        package init(rootDigest: [UInt8], secrets: SecretBox) {
            (self.rootDigest, self.secrets) = (rootDigest, secrets)
        }
    }

    /// What the API says of itself.
    package struct Reference: Sendable {
        /// At /openapi.yaml.
        let openAPI: StaticDocument
        /// The same for people: asked for when somebody wants one of them.
        let pages: @Sendable () async throws -> ReferencePages

        package init(
            openAPI: [UInt8] = [], pages: @escaping @Sendable () async throws -> ReferencePages = { ReferencePages() }
        ) {
            self.openAPI = StaticDocument(openAPI, mediaType: "application/yaml")
            self.pages = pages
        }
    }

    package init(
        store: QueueStore, clock: any WallClock, keys: Keys, domains: DomainRegistry, terms: AcceptanceTerms
    ) {
        (self.store, self.clock, self.keys, self.domains, self.terms) = (store, clock, keys, domains, terms)
    }
}

/// The pages for browsers.
package struct ReferencePages: Sendable {
    /// At /docs.
    package let docs: StaticDocument
    /// At /problems; who has no page gets JSON like a program.
    package let problems: [Problem.Code: StaticDocument]

    package init(docs: StaticDocument? = nil, problems: [Problem.Code: StaticDocument] = [:]) {
        self.docs = docs ?? StaticDocument([], mediaType: "text/html; charset=utf-8")
        self.problems = problems
    }
}

/// What every accepted message is promised.
package struct AcceptanceTerms: Sendable {
    /// The right side of a Message-ID when the sender's domain is too long for one.
    package var hostname: String
    /// How long delivery is tried, if the message does not ask for less.
    package var lifetime: Duration
    /// How long a recipient waits before its `message.delayed`.
    package var delayNoticeAfter: Duration
    /// Only what is from a verified sending domain is accepted.
    package var requiresVerifiedDomain = false
    /// `user@[192.0.2.1]` is an address, too.
    package var allowsAddressLiterals = false

    package init(
        hostname: String, lifetime: Duration = .seconds(5 * 86_400), delayNoticeAfter: Duration = .seconds(4 * 3600)
    ) {
        (self.hostname, self.lifetime, self.delayNoticeAfter) = (hostname, lifetime, delayNoticeAfter)
    }
}
