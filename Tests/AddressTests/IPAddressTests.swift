// IPAddressTests.swift — reading and writing addresses and networks.

import Address
import Glibc
import Testing

struct IPAddressTests {
    @Test(arguments: ["0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::a:1", "::ffff:192.0.2.1"])
    func `text survives a round trip`(text: String) throws {
        #expect(try #require(IPAddress(text)).description == text)
    }

    @Test func `IPv6 text is written in its short form`() {
        #expect(IPAddress("2001:DB8:0:0:0:0:0:1")?.description == "2001:db8::1")
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "[::1]", "fe80::1%eth0", "::1::", "0x7f.1",
        "1.2.3.4\0",
        "127.1", "example.test", "1:2:3:4:5:6:7:8:9",
    ])
    func `text that is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `bytes are in network order`() {
        #expect(IPAddress("192.0.2.1")?.bytes == [192, 0, 2, 1])
        #expect(IPAddress("::1")?.bytes == Array(repeating: 0, count: 15) + [1])
        #expect(IPAddress(bytes: [192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(IPAddress(bytes: Array(repeating: 0, count: 15) + [1]) == IPAddress("::1"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func `a socket address gives its address`() {
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_addr.s_addr = UInt32(0xC000_0201).bigEndian
        let address = withUnsafePointer(to: v4) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { IPAddress($0) }
        }
        #expect(address == IPAddress("192.0.2.1"))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
        ("::1/128", "::1", true),
    ])
    func `a network contains its addresses and no others`(network: String, address: String, isInside: Bool) throws {
        #expect(try #require(Network(network)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: [
        "", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8", "::1/129", "x/8", "/8",
    ])
    func `text that is no network is refused`(text: String) {
        #expect(Network(text) == nil)
    }
}
