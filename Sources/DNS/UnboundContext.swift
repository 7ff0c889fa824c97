// UnboundContext.swift — how libunbound is set up.

import CUnbound
import Glibc
import Synchronization

/// A libunbound context, ready to be asked. Whoever takes it over must delete it, on the thread that uses it.
struct UnboundContext: @unchecked Sendable {  // handed from its maker to one thread, which alone uses it then
    let pointer: OpaquePointer

    static func open(_ configuration: Resolver.Configuration) throws(ResolverError) -> UnboundContext {
        guard let pointer = ub_ctx_create() else {
            throw ResolverError(description: "libunbound: out of memory or descriptors")
        }
        let context = UnboundContext(pointer: pointer)
        do {
            try context.setOptions(configuration.remembersAnswers ? rememberingCaches : forgettingCaches)
            if !configuration.remembersAnswers { try context.askForwardersAnew(configuration.servers) }
            try context.setServers(configuration.servers)
            try context.setTrust(configuration.trustAnchorFile)
            // Work happens on a thread of libunbound's own, not in a forked process.
            try context.check(ub_ctx_async(pointer, 1), "ub_ctx_async")
            try context.removeLocalZones(configuration.trustAnchorFile)
        } catch {
            ub_ctx_delete(pointer)
            throw error
        }
        return context
    }

    private static let rememberingCaches: KeyValuePairs = ["msg-cache-size:": "16m", "rrset-cache-size:": "32m"]

    /// A table of libunbound's keeps its last entry, whatever its size: one of each at most.
    private static let forgettingCaches: KeyValuePairs = [
        "msg-cache-size:": "1", "msg-cache-slabs:": "1", "rrset-cache-size:": "1", "rrset-cache-slabs:": "1",
    ]

    private func setOptions(_ caches: KeyValuePairs<String, String>) throws(ResolverError) {
        let options: KeyValuePairs = [
            // A forwarder on loopback is common (systemd-resolved, a local resolver).
            "do-not-query-localhost:": "no",
            // A library's defaults are made for a handful of lookups at a time.
            "outgoing-range:": "256",
            "outgoing-num-tcp:": "32",
            "cache-max-ttl:": "3600",
            "cache-max-negative-ttl:": "300",
            // A server that was down is asked again soon after it is back, not after a quarter of an hour.
            "infra-keep-probing:": "yes",
            "infra-host-ttl:": "60",
        ]
        for (option, value) in Array(options) + Array(caches) {
            try check(ub_ctx_set_option(pointer, option, value), option)
        }
    }

    private static let systemServers = "/etc/resolv.conf"

    /// Has libunbound look for no answer in its caches, and put none there: for forwarders only, of which there are none
    /// if it is to ask from the root down. There is no option for this, just a line of its configuration file.
    private func askForwardersAnew(_ servers: [NameServer]) throws(ResolverError) {
        guard !servers.isEmpty || access(Self.systemServers, R_OK) == 0 else { return }
        let file = memory_file_open("forward-zone:\n  name: \".\"\n  forward-no-cache: yes\n")
        guard file >= 0 else { throw ResolverError(description: "memfd_create: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let status = Self.reading.withLock { _ in ub_ctx_config(pointer, "/proc/self/fd/\(file)") }
        try check(status, "forward-no-cache:")
    }

    /// The parser of libunbound's configuration keeps its state in global variables.
    private static let reading = Mutex(())

    /// libunbound answers these by itself; but the servers that the operator named are to be asked for every name. What it
    /// says of `localhost` is right (RFC 6761 §6.3). This ends the setting of options and puts them to use.
    private func removeLocalZones(_ trustAnchorFile: String?) throws(ResolverError) {
        let subject = trustAnchorFile.map { "dns.trust_anchor_file: \($0)" } ?? "libunbound"
        for zone in ["test.", "invalid.", "onion.", "home.arpa."] {
            try check(ub_ctx_zone_remove(pointer, zone), subject)
        }
    }

    private func setServers(_ servers: [NameServer]) throws(ResolverError) {
        for server in servers { try check(ub_ctx_set_fwd(pointer, server.forwarder), "dns.servers: \(server)") }
        // Without a file, or servers in it, libunbound asks from the root down, which is as good.
        if servers.isEmpty { _ = ub_ctx_resolvconf(pointer, Self.systemServers) }
    }

    /// An operator's own anchor is taken at its word: what it covers must be signed. The built-in anchor of the root
    /// must bear with networks as they are:
    /// - Names outside the public tree (RFC 6761, RFC 6762, RFC 8375 and the like) are denied by the signed root, but a
    ///   private server may well have them: not validated.
    /// - Some servers pass on no signatures at all. With them, all would be bogus and no mail would go out; instead the
    ///   answers count as unsigned, as they did before DNSSEC, and nothing that rests on `isSecure` gets it.
    private func setTrust(_ file: String?) throws(ResolverError) {
        if let file {
            let subject = "dns.trust_anchor_file: \(file)"
            // libunbound opens it later, and then says no more than that it failed.
            guard access(file, R_OK) == 0 else {
                throw ResolverError(description: "\(subject): \(String(cString: strerror(errno)))")
            }
            try check(ub_ctx_add_ta_file(pointer, file), subject)
            return
        }
        for anchor in Self.rootAnchors { try check(ub_ctx_add_ta(pointer, anchor), "root anchor") }
        for zone in Self.privateZones { try check(ub_ctx_set_option(pointer, "domain-insecure:", zone), zone) }
        try check(ub_ctx_set_option(pointer, "harden-dnssec-stripped:", "no"), "harden-dnssec-stripped:")
    }

    /// https://data.iana.org/root-anchors/root-anchors.xml — the keys of 2017 and 2024.
    private static let rootAnchors = [
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    ]

    private static let privateZones = [
        "test.", "example.", "invalid.", "localhost.", "local.", "internal.", "home.arpa.", "onion.", "alt.", "lan.",
        "home.", "corp.",
    ]

    private func check(_ status: Int32, _ subject: String) throws(ResolverError) {
        guard status != UB_NOERROR.rawValue else { return }
        throw ResolverError(description: "\(subject): \(String(cString: ub_strerror(status)))")
    }
}
