// MXSelection.swift — which hosts remain once their addresses are known.

import Address
import Mail

/// A host and what DNS said of its addresses.
struct HostAddresses {
    let record: MXRecord
    private(set) var v6: [IPAddress] = []
    private(set) var v4: [IPAddress] = []
    private(set) var ttl = Int.max
    /// Set when one of the two questions was left without an answer.
    private(set) var failure: String?

    init(record: MXRecord) { self.record = record }

    mutating func add(_ answer: DNSAnswer, of type: RecordType) {
        switch answer {
        case .records(let set):
            let addresses = set.rdata.compactMap { IPAddress(bytes: $0) }
            if type == .aaaa { v6 += addresses } else { v4 += addresses }
            ttl = min(ttl, set.ttl)
        case .noData(let ttl), .noSuchDomain(let ttl): self.ttl = min(self.ttl, ttl)
        case .failed(let reason): failure = reason
        }
    }

    /// By turns, IPv6 first.
    var addresses: [IPAddress] {
        (0..<max(v6.count, v4.count)).flatMap { index in
            [v6, v4].compactMap { index < $0.count ? $0[index] : nil }
        }
    }
}

/// Takes the hosts, by preference, apart into those to try and the reasons why not the others.
struct MXSelection {
    private var usable: [MXHost] = []
    private var refused: [String] = []
    private var failure: String?
    private var ownHost: MXRecord?
    private var ttl = Int.max
    private var addressCount = 0

    init(_ hosts: [HostAddresses], policy: AddressPolicy) {
        for host in hosts {
            // RFC 5321 §5.1 — a host as far from the goal as we are, or farther, would only send the mail back.
            if let ownHost, host.record.preference >= ownHost.preference { break }
            if host.addresses.contains(where: policy.isOwn) {
                ownHost = host.record
                usable.removeAll { $0.preference >= host.record.preference }
            } else {
                add(host, policy)
            }
        }
    }

    private mutating func add(_ host: HostAddresses, _ policy: AddressPolicy) {
        let permitted = host.addresses.filter(policy.permits)
        let room = MXPlanner.maximumAddresses - addressCount
        failure = failure ?? host.failure
        if host.failure == nil { ttl = min(ttl, host.ttl) }
        if let first = host.addresses.first, permitted.isEmpty { refused.append("\(host.record.exchange) (\(first))") }
        guard !permitted.isEmpty, room > 0 else { return }
        addressCount += permitted.count
        let name = Domain(trusted: host.record.exchange)
        usable.append(MXHost(preference: host.record.preference, name: name, addresses: Array(permitted.prefix(room))))
    }

    /// `ttl` is that of the records which named the hosts.
    func plan(for domain: Domain, ttl listTTL: Int) -> MXPlan {
        let ttl = min(self.ttl, listTTL)
        if !usable.isEmpty { return .hosts(usable, ttl: failure == nil ? ttl : 30) }
        if let failure { return .temporary(failure) }
        if let ownHost {
            let detail = "the mail of \(domain) belongs to \(ownHost.exchange), which has an address of ours"
            return .permanent(.loop(detail: detail), ttl: ttl)
        }
        if !refused.isEmpty {
            let detail =
                "the mail hosts of \(domain) have no address we may connect to: \(refused.joined(separator: ", "))"
            return .permanent(.notAllowed(detail: detail), ttl: ttl)
        }
        return .permanent(.noHosts(detail: "no mail host of \(domain) has an address"), ttl: ttl)
    }
}
