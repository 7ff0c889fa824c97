// Setting+All.swift — every setting there is. The only list: flags, environment, file and documentation follow it.

extension Setting {
    package static let all: [Setting] = general + network + sending + delivery + keeping

    /// Everything that may be set: the settings, and for secrets the files that they may come from.
    package static let names = all.map(\.name) + all.filter(\.isSecret).map(\.fileName)

    private static let general = [
        Setting(
            "hostname", \.hostname, .optional(.hostName), standard: "the machine's FQDN",
            "EHLO name, Message-ID domain of last resort"),
        Setting(
            "data.directory", \.storage.directory, .path,
            "the SQLite file, keys; created 0700"),
        Setting(
            "root_key", \.rootKey, .optional(.key), standard: "printed once at first start",
            "bearer key with every scope"),
        Setting(
            "master_key", \.masterKey, .optional(.masterKey), standard: "made at first start, in `master.key`",
            "what private keys and webhook secrets are encrypted with: 32 bytes in base64"),
        Setting(
            "log.level", \.log.level, .choice,
            "least severe level to log: `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`"),
        Setting(
            "log.format", \.log.format, .choice,
            "`json`, `text`, or `auto`: `text` on a terminal, `json` elsewhere"),
    ]

    private static let network = [
        Setting(
            "http.listen", \.http.listen, .listener,
            "address:port; port 0 picks one, the start line on stdout names it"),
        Setting(
            "http.max_body", \.http.maxBody, .size,
            "larger: 413 before the body is read"),
        Setting(
            "http.rate_limit", \.http.rateLimit, .optional(.integer(1...1_000_000)), standard: "none",
            "requests a second that each key may make, as many at once; more: 429; a key's own `rate_limit` wins"),
        Setting(
            "http.max_body_memory", \.http.maxBodyMemory, .optional(.size),
            standard: "256MiB, or twice `http.max_body`",
            "all bodies together, while they are read and answered; what does not fit: 503 before it is read"),
        Setting(
            "http.tls_certificate", \.http.tlsCertificate, .optional(.path), standard: "none: clear text",
            "PEM file with the certificate and those that lead to its issuer: serves HTTPS; read again on SIGHUP"),
        Setting(
            "http.tls_key", \.http.tlsKey, .optional(.path), standard: "none",
            "PEM file with the certificate's private key, without a pass phrase"),
        Setting(
            "dns.servers", \.dns.servers, .list(of: .server), standard: "the system's resolvers",
            "`ip` or `ip:port`, several allowed; asked for every name"),
        Setting(
            "dns.trust_anchor_file", \.dns.trustAnchorFile, .optional(.path), standard: "built-in root anchor",
            "for DNSSEC"),
        Setting(
            "webhooks.allow_networks", \.webhooks.allowNetworks, .list(of: .network), standard: "none",
            "CIDRs, among loopback, private and other special ranges, that webhook URLs may lead to; `http://` is "
                + "accepted only for these"),
    ]

    private static let sending = [
        Setting(
            "sending.require_verified_domain", \.sending.requireVerifiedDomain, .bool,
            "refuse messages whose From is not of a verified sending domain"),
        Setting(
            "sending.allow_address_literals", \.sending.allowAddressLiterals, .bool,
            "take recipients such as `user@[192.0.2.1]`, delivered to that address if it is allowed"),
        Setting(
            "bounce_domain", \.bounceDomain, .optional(.hostName), standard: "none: bounces go to the sender",
            "give each recipient a reverse-path of its own at this domain"),
    ]

    private static let delivery = [
        Setting(
            "delivery.port", \.delivery.port, .integer(1...65_535),
            "SMTP port of the MX hosts"),
        Setting(
            "delivery.allow_networks", \.delivery.allowNetworks, .list(of: .network), standard: "none",
            "CIDRs, among loopback, private and other special ranges, that MX hosts may resolve to; without it such an "
                + "address is never connected to"),
        Setting(
            "delivery.relay", \.delivery.relay, .optional(.relay), standard: "none",
            "`host:port` of a smarthost instead of MX lookups"),
        Setting(
            "delivery.relay_user", \.delivery.relayUser, .optional(.text), standard: "none",
            "name to authenticate with at the relay"),
        Setting(
            "delivery.relay_password", \.delivery.relayPassword, .optional(.password), standard: "none",
            "password to authenticate with at the relay"),
        Setting(
            "delivery.source_addresses", \.delivery.sourceAddresses, .list(of: .ip), standard: "system's choice",
            "local IPs to send from"),
        Setting(
            "delivery.retry_schedule", \.delivery.retrySchedule, .list(of: .wait, atLeast: 1),
            "waits between attempts, the last repeats; ±10 % jitter"),
        Setting(
            "delivery.delay_notice_after", \.delivery.delayNoticeAfter, .wait,
            "one `message.delayed` per recipient"),
        Setting(
            "delivery.lifetime", \.delivery.lifetime, .wait,
            "then `message.failed`; a message's `expires_after` may shorten it"),
        Setting(
            "delivery.max_sessions", \.delivery.maxSessions, .integer(1...100_000),
            "open SMTP sessions in all"),
        Setting(
            "delivery.max_sessions_per_host", \.delivery.maxSessionsPerHost, .integer(1...100_000),
            "to one MX host"),
        Setting(
            "delivery.messages_per_session", \.delivery.messagesPerSession, .integer(1...1_000_000),
            "then QUIT"),
        Setting(
            "delivery.require_tls", \.delivery.requireTLS, .bool,
            "never deliver in clear text"),
        Setting(
            "suppressions.automatic", \.suppressions.automatic, .bool,
            "suppress an address when a server says that its mailbox is dead"),
    ]

    private static let keeping = [
        Setting(
            "retention.content", \.retention.content, .duration,
            "how long a message's content is kept after its last recipient is final"),
        Setting(
            "retention.messages", \.retention.messages, .duration,
            "how long its status, attempts and events are kept; its content goes with them at the latest"),
    ]
}
