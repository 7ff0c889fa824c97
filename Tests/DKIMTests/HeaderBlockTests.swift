// HeaderBlockTests.swift — fields and body are found, whatever stands in the header.

import Testing

@testable import DKIM

struct HeaderBlockTests {
    private func read(_ content: String) -> (fields: [String], body: String) {
        Array(content.utf8).withUnsafeBufferPointer { bytes in
            let block = HeaderBlock(of: bytes)
            let fields = block.fields.map { field in
                String(latin1: bytes[field.name]) + "|" + String(latin1: bytes[field.value])
            }
            return (fields, String(latin1: bytes[block.bodyStart...]))
        }
    }

    @Test(
        arguments: [
            ("A: b\r\nC:d\r\n\r\nbody", ["A| b", "C|d"], "body"),
            ("A: b\r\n c\r\n\td\r\nE: f\r\n\r\n", ["A| b\r\n c\r\n\td", "E| f"], ""),
            ("A \t: b\r\n\r\n\r\nbody", ["A| b"], "\r\nbody"),
            ("A: b", ["A| b"], ""),
            ("A: b\r\n", ["A| b"], ""),
            ("A: b\r\n c", ["A| b\r\n c"], ""),
            ("", [], ""),
            ("\r\nbody", [], "body"),
            // Nothing that has a name.
            ("no colon\r\n folded\r\nA: b\r\n\r\n", ["A| b"], ""),
            ("A: b\r\nno colon\r\n folded\r\n\r\n", ["A| b"], ""),
            (": b\r\n \r\nA: b\r\n\r\n", ["A| b"], ""),
            (" folded\r\nA: b\r\n\r\n", ["A| b"], ""),
            // Bare line ends.
            ("A: b\nC: d\n\nbody", ["A| b", "C| d"], "body"),
        ] as [(String, [String], String)])
    func reads(content: String, fields: [String], body: String) {
        let block = read(content)
        #expect(block.fields == fields)
        #expect(block.body == body)
    }
}
