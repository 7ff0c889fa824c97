// OpenAPICommandTests.swift — `postrider openapi`.

import APITestSupport
import JSON
import Testing

@testable import postrider

@Suite struct OpenAPICommandTests {
    @Test func asItIsWritten() throws {
        #expect(try Array(OpenAPICommand.parse([]).text.utf8) == OpenAPIDocument.shared.bytes)
    }

    @Test func asJSONItIsOneLineThatSaysTheSame() throws {
        let text = try OpenAPICommand.parse(["--json"]).text
        #expect(text.utf8.last == 0x0A && text.utf8.count { $0 == 0x0A } == 1)
        let (read, meant) = (try JSONValue(parsing: Array(text.utf8)), OpenAPIDocument.shared.root)
        #expect(read.object?["openapi"]?.string?.hasPrefix("3.1") == true)
        #expect(
            read.object?["paths"]?.object?.members.map(\.name).sorted()
                == meant.object?["paths"]?.object?.members.map(\.name).sorted())
    }
}
