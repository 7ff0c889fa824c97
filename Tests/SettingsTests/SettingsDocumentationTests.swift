// SettingsDocumentationTests.swift — docs/operations.md lists the settings as the program does.

import Foundation
import Testing

@testable import Settings

@Suite struct SettingsDocumentationTests {
    @Test func operationsPageHasTheTable() throws {
        let package = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL
        let page = try String(contentsOf: package.appending(path: "docs/operations.md"), encoding: .utf8)
        #expect(page.contains(Setting.table), "paste the output of `postrider settings`")
    }

    @Test func tableHasALineForEachSetting() {
        let lines = Setting.table.split(separator: "\n")
        #expect(lines.count == Setting.all.count + 2)
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
    }
}
