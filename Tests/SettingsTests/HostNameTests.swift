// HostNameTests.swift — what may be said in EHLO, and that this machine has something to say.

import Testing

@testable import Settings

@Suite struct HostNameTests {
    @Test(arguments: ["a", "localhost", "mail.example.net", "xn--bcher-kva.example", "3com.example", "a.b-c.d1"])
    func valid(name: String) { #expect(HostName.isValid(name)) }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "a\n", "1", "192.0.2.1", "[192.0.2.1]", "é.example",
        String(repeating: "a", count: 64), Array(repeating: "abcd", count: 51).joined(separator: "."),
    ])
    func invalid(name: String) { #expect(!HostName.isValid(name)) }

    @Test func thisMachineHasAValidName() { #expect(HostName.isValid(HostName.ofThisMachine())) }
}
