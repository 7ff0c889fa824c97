// TXTRecordTests.swift — TXT records: strings joined, and hostile lengths.

import DNS
import TestSupport
import Testing

struct TXTRecordTests {
    static let readable: [([UInt8], [UInt8])] = [
        ([1, 0x61], [0x61]),
        ([1, 0x61, 2, 0x62, 0x63], [0x61, 0x62, 0x63]),
        ([0], []),
        ([0, 1, 0xFF, 0], [0xFF]),
        ([255] + [UInt8](repeating: 0x61, count: 255) + [1, 0x62], [UInt8](repeating: 0x61, count: 255) + [0x62]),
    ]

    @Test(arguments: readable) func `strings are joined, whatever is in them`(rdata: [UInt8], bytes: [UInt8]) {
        #expect(TXTRecord(rdata: rdata)?.bytes == bytes)
    }

    @Test(arguments: [[], [1], [2, 0x61], [1, 0x61, 5], [255, 0x61]] as [[UInt8]])
    func `a string that runs over the end spoils the record`(rdata: [UInt8]) {
        #expect(TXTRecord(rdata: rdata) == nil)
    }

    private func resolver(_ server: ScriptedDNS) throws -> Resolver {
        try Resolver(.init(servers: [try #require(NameServer(server.server))]))
    }

    @Test func `a text longer than a string comes whole`() async throws {
        let text = "v=DKIM1; p=" + String(repeating: "abcdefghij", count: 40)
        let server = try ScriptedDNS(["k.a.test": [.txt(text)]])
        guard case .records(let set) = await (try resolver(server)).records(.txt, of: "k.a.test") else {
            throw Unexpected()
        }
        #expect(set.rdata.compactMap { TXTRecord(rdata: $0)?.bytes } == [Array(text.utf8)])
    }
}
