// EndpointURLTests.swift — what may become an endpoint's URL, and why something may not.

import Address
import Testing
import Webhooks

struct EndpointURLTests {
    static let closed = AddressPolicy()
    static let open = AddressPolicy(allowed: ["127.0.0.0/8", "::1", "10.1.0.0/16"].compactMap { Network($0) })

    @Test(arguments: [
        "https://example.net", "https://example.net/", "https://example.net:8443/hook?key=v&b", "HTTPS://Example.NET/a",
        "https://example.net?x", "https://8.8.8.8/", "https://[2606:4700::1111]:444/x",
        "https://xn--bcher-kva.example/",
        "https://a_b.example.net/", "https://example.net/@x", "https://example.net/%41",
    ])
    func acceptedEverywhere(text: String) throws {
        #expect(try EndpointURL(text, policy: Self.closed).description == text)
    }

    @Test(arguments: [
        "http://127.0.0.1:9000/x", "https://127.0.0.1/", "http://[::1]:1/", "http://localhost/", "http://10.1.2.3/",
        "http://example.net/",
    ])
    func acceptedWithAllowedNetworks(text: String) throws {
        #expect(try EndpointURL(text, policy: Self.open).description == text)
    }

    @Test(
        arguments: [
            ("http://example.net/", .plainHTTPNotAllowed), ("ftp://example.net/", .schemeNotAllowed),
            ("file:///etc/passwd", .schemeNotAllowed), ("gopher://example.net/", .schemeNotAllowed),
            ("https://user@example.net/", .userInfo), ("https://user:pw@example.net/", .userInfo),
            ("https://example.net/#part", .fragment), ("https://exämple.net/", .notASCII),
            ("https://example.net/a b", .notASCII), ("https://example.net/\r\nx: y", .notASCII),
            ("https://2130706433/", .ambiguousHost), ("https://0x7f.1/", .ambiguousHost),
            ("https://127.1/", .ambiguousHost), ("https://0177.0.0.1/", .ambiguousHost),
            ("https://%31%32%37.0.0.1/", .ambiguousHost), ("https://[0:0:0:0:0:0:0:1]/", .ambiguousHost),
            ("https://[fe80::1%25eth0]/", .ambiguousHost), ("https:/example.net/", .ambiguousHost),
            ("example.net", .malformed("Bad scheme")), ("", .malformed("Bad scheme")),
            ("https://", .malformed("No host part in the URL")),
            ("https://" + String(repeating: "a", count: 2048), .tooLong),
        ] as [(String, EndpointURL.Failure)])
    func refusedAnywhere(text: String, failure: EndpointURL.Failure) {
        let found = #expect(throws: EndpointURL.Failure.self) { try EndpointURL(text, policy: Self.closed) }
        switch (found, failure) {
        case (.malformed?, .malformed): break  // curl's words differ from version to version.
        case (let found, let failure): #expect(found == failure)
        }
    }

    @Test(arguments: [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "[::1]", "[fe80::1]", "[fd00::1]",
        "[::ffff:127.0.0.1]",
    ])
    func addressThatIsNotPublic(host: String) {
        #expect(throws: EndpointURL.Failure.self) { try EndpointURL("https://\(host)/", policy: Self.closed) }
    }

    @Test func clearTextToAPublicAddress() {
        #expect(throws: EndpointURL.Failure.plainHTTPNotAllowed) {
            try EndpointURL("http://8.8.8.8/", policy: Self.open)
        }
    }
}
