// AddressPolicyTests.swift — where names from outside may and may not lead.

import Address
import Testing

struct AddressPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "fc00::1",
        "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1", "3fff::1",
        "5f00::1",
        "64:ff9b:1::1",
    ])
    func `special addresses are refused`(text: String) throws {
        #expect(!AddressPolicy().permits(try #require(IPAddress(text))))
    }

    @Test(arguments: [
        "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255",
        "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2001:200::1",
    ])
    func `global addresses are permitted`(text: String) throws {
        #expect(AddressPolicy().permits(try #require(IPAddress(text))))
    }

    @Test(arguments: ["::ffff:%", "64:ff9b::%"])
    func `an IPv4 address inside an IPv6 one is judged by itself`(form: String) throws {
        func wrapped(_ v4: String) throws -> IPAddress {
            try #require(IPAddress(form.split(separator: "%").joined() + v4))
        }
        #expect(!AddressPolicy().permits(try wrapped("127.0.0.1")))
        #expect(!AddressPolicy().permits(try wrapped("10.0.0.1")))
        #expect(AddressPolicy().permits(try wrapped("1.1.1.1")))
    }

    @Test func `a 6to4 address is judged by its gateway`() throws {
        #expect(!AddressPolicy().permits(try #require(IPAddress("2002:7f00:1::1"))))
        #expect(AddressPolicy().permits(try #require(IPAddress("2002:101:101::1"))))
    }

    @Test func `an opened network is permitted and nothing beside it`() throws {
        let policy = AddressPolicy(allowed: [try #require(Network("127.0.0.0/8"))])
        #expect(policy.permits(try #require(IPAddress("127.0.0.1"))))
        #expect(policy.permits(try #require(IPAddress("::ffff:127.0.0.1"))))
        #expect(!policy.permits(try #require(IPAddress("::1"))))
        #expect(!policy.permits(try #require(IPAddress("10.0.0.1"))))
    }

    @Test func `our own global address is refused unless opened`() throws {
        let own = try #require(IPAddress("1.1.1.1"))
        #expect(!AddressPolicy(own: [own]).permits(own))
        #expect(AddressPolicy(own: [own]).isOwn(own))
        let opened = AddressPolicy(allowed: [try #require(Network("1.1.1.1"))], own: [own])
        #expect(opened.permits(own))
        #expect(!opened.isOwn(own))
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(!AddressPolicy(own: [loopback]).isOwn(loopback), "it is everybody's")
    }

    @Test func `the interfaces of this machine include loopback`() throws {
        #expect(AddressPolicy.interfaceAddresses().contains(try #require(IPAddress("127.0.0.1"))))
    }
}
