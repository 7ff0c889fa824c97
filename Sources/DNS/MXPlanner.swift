// MXPlanner.swift — from DNS answers to the hosts to try (RFC 5321 §5.1).
//
// Nothing unknown is taken for absent: while one host's addresses could not be found out and no other host is usable,
// the outcome is temporary. A host that fails while another works is left out, as if it did not answer.

import Address
import Mail

/// What came out of a lookup, and for how long it may be used.
struct MXPlan: Sendable {
    let lookup: MXLookup
    let ttl: Duration
}

struct MXPlanner: Sendable {
    let resolver: Resolver
    let policy: AddressPolicy
    /// Lower case, without final dots.
    let ownNames: Set<String>

    /// How far one attempt may go; RFC 5321 §5.1 asks for two hosts at least, when there are.
    static let maximumHosts = 10
    static let maximumAddresses = 20

    func plan(for domain: Domain) async -> MXPlan {
        if domain.ascii.hasPrefix("[") { return plan(forLiteral: domain) }
        switch await resolver.records(.mx, of: domain.ascii) {
        case .failed(let reason): return .temporary(reason)
        case .noSuchDomain(let ttl): return .permanent(.noSuchDomain(detail: "\(domain) does not exist"), ttl: ttl)
        // RFC 5321 §5.1 — without MX records, the domain is its own host.
        case .noData(let ttl):
            return await plan([MXRecord(preference: 0, exchange: domain.ascii)], of: domain, ttl: ttl)
        case .records(let set):
            let records = set.rdata.compactMap { MXRecord(rdata: $0) }
            if set.rdata.count == 1, records.first?.isNull == true { return .permanent(.nullMX, ttl: set.ttl) }
            return await plan(records, of: domain, ttl: set.ttl)
        }
    }

    private func plan(_ records: [MXRecord], of domain: Domain, ttl: Int) async -> MXPlan {
        var candidates = Self.candidates(among: records)
        guard !candidates.isEmpty else {
            return .permanent(.noHosts(detail: "no MX record of \(domain) names a host"), ttl: ttl)
        }
        if let own = candidates.first(where: { ownNames.contains($0.exchange) }) {
            candidates.removeAll { $0.preference >= own.preference }
            guard !candidates.isEmpty else {
                return .permanent(
                    .loop(detail: "the mail of \(domain) belongs to \(own.exchange), which is ourselves"), ttl: ttl)
            }
        }
        let found = await addresses(of: candidates.prefix(Self.maximumHosts))
        return MXSelection(found, policy: policy).plan(for: domain, ttl: ttl)
    }

    /// Those that can be hosts, each name once, by preference.
    private static func candidates(among records: [MXRecord]) -> [MXRecord] {
        var seen: Set<String> = []
        return records.filter { !$0.isNull && !$0.isAddress }.shuffled()
            .sorted { $0.preference < $1.preference }
            .filter { seen.insert($0.exchange).inserted }
    }

    /// All questions at once, IPv4 and IPv6.
    private func addresses(of records: some Collection<MXRecord>) async -> [HostAddresses] {
        await withTaskGroup(of: (Int, RecordType, DNSAnswer).self) { group in
            for (index, record) in records.enumerated() {
                for type in [RecordType.aaaa, .a] {
                    group.addTask { (index, type, await resolver.records(type, of: record.exchange)) }
                }
            }
            var hosts = records.map { HostAddresses(record: $0) }
            for await (index, type, answer) in group { hosts[index].add(answer, of: type) }
            return hosts
        }
    }

    /// The addresses of a host that the operator named.
    func plan(forHost host: String) async -> MXPlan {
        let name = Domain(trusted: host)
        if let address = IPAddress(host) {
            return MXPlan(
                lookup: .hosts([MXHost(preference: 0, name: name, addresses: [address])]), ttl: .seconds(3600))
        }
        let found = await addresses(of: [MXRecord(preference: 0, exchange: host)])
        let everywhere = AddressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap { Network($0) })
        return MXSelection(found, policy: everywhere).plan(for: name, ttl: 3600)
    }
}

extension MXPlan {
    /// RFC 2308 §5 bounds how long a denial may be believed; we forget it sooner, for new domains come to life.
    static func permanent(_ lookup: MXLookup, ttl: Int) -> MXPlan {
        MXPlan(lookup: lookup, ttl: .seconds(min(max(ttl, 5), 300)))
    }

    /// Long enough that a burst of messages asks once.
    static func temporary(_ reason: String) -> MXPlan { MXPlan(lookup: .temporary(reason: reason), ttl: .seconds(5)) }

    /// A floor under the owner's TTL keeps a TTL of zero from costing a lookup for each message.
    static func hosts(_ hosts: [MXHost], ttl: Int) -> MXPlan {
        MXPlan(lookup: .hosts(hosts), ttl: .seconds(min(max(ttl, 30), 3600)))
    }
}
