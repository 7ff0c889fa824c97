// KeyTextTests.swift — the form of a key and its checksum.

import Queue
import Testing

@testable import API

@Suite struct KeyTextTests {
    @Test(arguments: [KeyMode.live, .sandbox]) func aNewKeyIsWholeAndNoOtherIsLikeIt(mode: KeyMode) {
        let texts = (0..<50).map { _ in KeyText(making: mode) }
        #expect(Set(texts.map(\.text)).count == 50)
        for key in texts {
            #expect(key.text.hasPrefix("pr_\(mode)_"))
            #expect(key.text.count == "pr_\(mode)_".count + 30)
            #expect(KeyText.form(of: Array(key.text.utf8)) == .whole)
            #expect(key.text.hasPrefix(key.shown) && key.shown.count == "pr_\(mode)_".count + 4)
        }
    }

    /// The checksum is CRC-32 of all before it: `zlib.crc32` says 0x945f2e5e of this one.
    @Test func theChecksumIsThatOfOthers() {
        #expect(KeyText.form(of: Array("pr_live_0000000000000000000000002iShji".utf8)) == .whole)
    }

    @Test func whatWasMistypedOrCutIsSeen() {
        let whole = Array(KeyText(making: .live).text.utf8)
        for index in "pr_live_".count..<whole.count {
            var damaged = whole
            damaged[index] = damaged[index] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
            #expect(KeyText.form(of: damaged) == .damaged)
        }
        #expect(KeyText.form(of: Array(whole.dropLast())) == .damaged)
        #expect(KeyText.form(of: whole + [UInt8(ascii: "0")]) == .damaged)
        #expect(KeyText.form(of: Array("pr_live_".utf8)) == .damaged)
    }

    @Test(arguments: ["", "re_123", "pr_root_4711", "Pr_live_x"]) func whatIsNotOursIsForeign(text: String) {
        #expect(KeyText.form(of: Array(text.utf8)) == .foreign)
    }
}
