// Resolver.swift — asks DNS, validating DNSSEC, through libunbound.
//
// See also: ResolverThread.swift, where libunbound runs; MXResolver.swift, the cache in front.

import CUnbound

package final class Resolver: Sendable {
    package struct Configuration: Sendable {
        /// Asked for every name; none: those of the system, and where it names none, the root servers.
        package var servers: [NameServer]
        /// A file of DS or DNSKEY records in zone format, in place of the built-in root anchor.
        package var trustAnchorFile: String?
        /// From question to answer, with all that libunbound tries in between.
        package var timeout: Duration
        /// False: every question goes out to a server, even if it was answered a moment ago (docs/decisions/0003).
        package var remembersAnswers = true

        package init(servers: [NameServer] = [], trustAnchorFile: String? = nil, timeout: Duration = .seconds(20)) {
            (self.servers, self.trustAnchorFile, self.timeout) = (servers, trustAnchorFile, timeout)
        }
    }

    private let thread: ResolverThread

    /// Starts the resolver's threads. Nothing is asked yet.
    package init(_ configuration: Configuration) throws(ResolverError) {
        let context = try UnboundContext.open(configuration)
        do {
            thread = try ResolverThread(context, timeout: configuration.timeout)
        } catch {
            ub_ctx_delete(context.pointer)
            throw error
        }
    }

    deinit { thread.close() }

    /// Questions that are still open, and any asked later, are answered `.failed`. Returns at once.
    package func close() { thread.close() }

    /// `name` is absolute, with or without its final dot.
    package func records(_ type: RecordType, of name: String) async -> DNSAnswer {
        guard !name.utf8.contains(0) else { return .noSuchDomain(ttl: 0) }
        return await withCheckedContinuation { continuation in
            thread.ask(Question(name: name, type: type, continuation: continuation))
        }
    }
}

/// Why a resolver cannot start.
package struct ResolverError: Error, CustomStringConvertible {
    package let description: String
}

/// A question under way.
struct Question: Sendable {
    let name: String
    let type: RecordType
    let continuation: CheckedContinuation<DNSAnswer, Never>
}
