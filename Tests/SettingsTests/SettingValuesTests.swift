// SettingValuesTests.swift — what each setting takes, and what it refuses.

import Address
import Testing

@testable import Settings

@Suite struct SettingValuesTests {
    private static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
        .v4(a << 24 | b << 16 | c << 8 | d)
    }

    struct Good: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let arrives: @Sendable (Settings) -> Bool
        var testDescription: String { "\(name)=\(text)" }
        init(_ name: String, _ text: String, _ arrives: @escaping @Sendable (Settings) -> Bool) {
            (self.name, self.text, self.arrives) = (name, text, arrives)
        }
    }

    static let good: [Good] = [
        Good("hostname", "Mail.Example.net") { $0.hostname == "mail.example.net" },
        Good("data.directory", "/var/lib/post rider") { $0.storage.directory == "/var/lib/post rider" },
        Good("root_key", "pr_root_x,y=z") { $0.rootKey == "pr_root_x,y=z" },
        Good("master_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=") {
            $0.masterKey == "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        },
        Good("bounce_domain", "Bounces.acme.example") { $0.bounceDomain == "bounces.acme.example" },
        Good("bounce_domain", "") { $0.bounceDomain == nil },
        Good("sending.require_verified_domain", "true") { $0.sending.requireVerifiedDomain },
        Good("sending.allow_address_literals", "true") { $0.sending.allowAddressLiterals },
        Good("http.listen", "0.0.0.0:0") { $0.http.listen == TransportAddress(ip: .v4(0), port: 0) },
        Good("http.listen", "[::1]:65535") { $0.http.listen == TransportAddress(ip: .v6(1), port: 65_535) },
        Good("http.rate_limit", "100") { $0.http.rateLimit == 100 },
        Good("http.rate_limit", "") { $0.http.rateLimit == nil },
        Good("http.max_body", "25MiB") { $0.http.maxBody == 26_214_400 },
        Good("http.max_body", "512KiB") { $0.http.maxBody == 524_288 },
        Good("http.max_body", "2GiB") { $0.http.maxBody == 2_147_483_648 },
        Good("http.max_body", "1000") { $0.http.maxBody == 1000 },
        Good("http.max_body", "8589934591GiB") { $0.http.bodyMemory == .max },
        Good("http.max_body", "200MiB") { $0.http.bodyMemory == 400 << 20 },
        Good("http.max_body_memory", "50MiB") { $0.http.bodyMemory == 50 << 20 },
        Good("http.max_body_memory", "") { $0.http.bodyMemory == 256 << 20 },
        Good("http.tls_certificate", "") { $0.http.tlsCertificate == nil && $0.http.scheme == "http" },
        Good("http.tls_key", "") { $0.http.tlsKey == nil },
        Good("dns.servers", "192.0.2.53, [2001:db8::53]:5353") {
            $0.dns.servers.map(\.description) == ["192.0.2.53:53", "[2001:db8::53]:5353"]
        },
        Good("dns.servers", "2001:db8::53") { $0.dns.servers.map(\.description) == ["[2001:db8::53]:53"] },
        Good("dns.servers", "127.0.0.1:5300") { $0.dns.servers.map(\.description) == ["127.0.0.1:5300"] },
        Good("dns.servers", "") { $0.dns.servers.isEmpty },
        Good("dns.trust_anchor_file", "/etc/root.key") { $0.dns.trustAnchorFile == "/etc/root.key" },
        Good("delivery.port", "2525") { $0.delivery.port == 2525 },
        Good("delivery.allow_networks", "127.0.0.0/8,fd00::/8,10.0.0.7") {
            $0.delivery.allowNetworks.map(\.description) == ["127.0.0.0/8", "fd00::/8", "10.0.0.7/32"]
        },
        Good("delivery.relay", "smtp.example.net:587") {
            $0.delivery.relay == HostAndPort(host: "smtp.example.net", port: 587)
        },
        Good("delivery.relay", "[2001:db8::1]:25") { $0.delivery.relay == HostAndPort(host: "2001:db8::1", port: 25) },
        Good("delivery.relay", "192.0.2.1:25") { $0.delivery.relay == HostAndPort(host: "192.0.2.1", port: 25) },
        Good("delivery.relay", "") { $0.delivery.relay == nil },
        Good("delivery.source_addresses", "192.0.2.1,2001:db8::1") { $0.delivery.sourceAddresses.count == 2 },
        Good("delivery.retry_schedule", "250ms,30s, 5m ,4h,1d") {
            $0.delivery.retrySchedule
                == [.milliseconds(250), .seconds(30), .seconds(300), .seconds(14_400), .seconds(86_400)]
        },
        Good("delivery.delay_notice_after", "2s") { $0.delivery.delayNoticeAfter == .seconds(2) },
        Good("delivery.lifetime", "2d") { $0.delivery.lifetime == .seconds(172_800) },
        Good("delivery.max_sessions", "1") { $0.delivery.maxSessions == 1 },
        Good("delivery.max_sessions_per_host", "50") { $0.delivery.maxSessionsPerHost == 50 },
        Good("delivery.messages_per_session", "1") { $0.delivery.messagesPerSession == 1 },
        Good("delivery.require_tls", "true") { $0.delivery.requireTLS },
        Good("delivery.require_tls", "false") { !$0.delivery.requireTLS },
        Good("suppressions.automatic", "false") { !$0.suppressions.automatic },
        Good("webhooks.allow_networks", "::1") { $0.webhooks.allowNetworks.map(\.description) == ["::1/128"] },
        Good("retention.content", "0s") { $0.retention.content == .zero },
        Good("retention.messages", "90d") { $0.retention.messages == .seconds(7_776_000) },
        Good("log.level", "debug") { $0.log.level == .debug },
        Good("log.format", "text") { $0.log.format == .text },
    ]

    @Test(arguments: good)
    func takes(_ good: Good) throws {
        let settings = try Settings.load(flags: [good.name: good.text], environment: [:], file: nil)
        #expect(good.arrives(settings))
    }

    /// Taken in pairs only (SettingsSourcesTests).
    static let together = ["delivery.relay_user", "delivery.relay_password"]

    static let bad: [(name: String, texts: [String])] = [
        (
            "hostname",
            ["mail_1.example", "-a.example", "a..example", "mail.example.", "192.0.2.1", "bücher.example", "a b"]
        ),
        ("data.directory", ["", "a\0b"]),
        ("root_key", ["a b", "a\n", "schlüssel"]),
        ("master_key", ["secret", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy"]),
        ("bounce_domain", ["b@acme.example", "bücher.example"]),
        ("sending.require_verified_domain", ["", "on"]),
        ("sending.allow_address_literals", ["", "yes"]),
        (
            "http.listen",
            ["", "8080", ":8080", "localhost:8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80"]
        ),
        (
            "http.listen",
            ["127.0.0.1:+80", "127.0.0.1:-1", "127.0.0.1:٨٠", "[127.0.0.1]:80", "[::1]", "[::1:80", "[::1]80"]
        ),
        ("http.rate_limit", ["0", "-1", "1000001", "ten", "1.5"]),
        (
            "http.max_body",
            ["", "0", "MiB", "25MB", "25 MiB", "+25MiB", "1.5MiB", "0x10", "-1", "999999999999999999GiB"]
        ),
        ("http.max_body_memory", ["0", "all", "256MB"]),
        ("http.tls_certificate", ["a\0b"]),
        ("http.tls_key", ["a\0b"]),
        (
            "dns.servers",
            ["resolver.example", "192.0.2.53:0", "192.0.2.53,", ",", "192.0.2.53 192.0.2.54", "192.0.2.256"]
        ),
        ("dns.trust_anchor_file", ["a\0b"]),
        ("delivery.port", ["", "0", "65536", "+25", "smtp", "25.0", "२५"]),
        ("delivery.allow_networks", ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/+8", "localhost", "10.0.0.0/8;::1"]),
        (
            "delivery.relay",
            ["smtp.example.net", "smtp.example.net:0", "smtp.example.net:", ":25", "2001:db8::1:25", "[a]:25"]
        ),
        ("delivery.relay_user", ["a\0b"]),
        ("delivery.relay_password", ["a\0b"]),
        ("delivery.source_addresses", ["eth0", "192.0.2.1:25", "192.0.2.0/24"]),
        ("delivery.retry_schedule", ["", "5", "5m,,10m", "5m;10m", "0s", "-5m", "+5m", "5 m", "5M", "1h30m", "1.5h"]),
        ("delivery.delay_notice_after", ["", "0s", "4hours"]),
        ("delivery.lifetime", ["", "0d", "5", "five days", "1000000000d"]),
        ("delivery.max_sessions", ["0", "-1", "1e3", "100001"]),
        ("delivery.max_sessions_per_host", ["0", "ten"]),
        ("delivery.messages_per_session", ["0", "1_000"]),
        ("delivery.require_tls", ["", "yes", "1", "True"]),
        ("suppressions.automatic", ["", "on"]),
        ("webhooks.allow_networks", ["0.0.0.1/0", "any"]),
        ("retention.content", ["", "forever"]),
        ("retention.messages", ["30", "30 d"]),
        ("log.level", ["", "warn", "INFO"]),
        ("log.format", ["", "pretty"]),
    ]

    @Test(arguments: bad.flatMap { row in row.texts.map { (row.name, $0) } })
    func refuses(name: String, text: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(flags: [name: text], environment: [:], file: nil)
        }
        #expect(error.description.hasPrefix("--\(name): "))
        #expect(error.description.contains(" is not "))
        #expect(!error.description.utf8.contains(UInt8(ascii: "\n")))
    }

    @Test func everySettingIsTried() {
        let names = Set(Setting.all.map(\.name))
        #expect(Set(Self.bad.map(\.name)) == names)
        #expect(Set(Self.good.map(\.name)).union(Self.together) == names)
    }

    @Test func writtenDefaultsAreReadBackAsTheyAre() throws {
        let shown = Setting.all.filter { $0.standard.hasPrefix("`") }
        let flags = Dictionary(
            uniqueKeysWithValues: shown.map { ($0.name, String($0.standard.dropFirst().dropLast())) })
        #expect(try Settings.load(flags: flags, environment: [:], file: nil) == Settings())
    }
}
