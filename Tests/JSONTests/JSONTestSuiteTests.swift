// JSONTestSuiteTests.swift — nst/JSONTestSuite, when it lies beside the project.

import Foundation
import JSON
import Testing

private let suite = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "../shared/corpora/json").standardizedFileURL

private let names = ((try? FileManager.default.contentsOfDirectory(atPath: suite.path)) ?? [])
    .filter { $0.hasSuffix(".json") }.sorted()

/// What the suite leaves to the implementation. Everything that is not text by our rules (bad UTF-8, UTF-16, lone
/// surrogates, a byte order mark, more than 64 levels) is refused. A number's size is no question of syntax: it is
/// accepted here, and refused by the field that has a range.
private func mustAccept(_ name: String) -> Bool {
    (name.hasPrefix("y_") && !duplicates.contains(name)) || name.hasPrefix("i_number_")
}

/// RFC 8259 §4 allows names to repeat and says that what then happens is unpredictable: we refuse them.
private let duplicates = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]

@Suite(.enabled(if: !names.isEmpty, "JSONTestSuite is not at \(suite.path)"))
struct JSONTestSuiteTests {
    @Test(arguments: names)
    func followsTheSuite(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: suite.appending(path: name)))
        var accepted = true
        let elapsed = ContinuousClock().measure {
            do { _ = try JSONValue(parsing: bytes) } catch { accepted = false }
        }
        #expect(accepted == mustAccept(name))
        #expect(elapsed < .milliseconds(50))
    }

    @Test func containsAllOfTheSuite() {
        #expect(names.count { $0.hasPrefix("y_") } == 95)
        #expect(names.count { $0.hasPrefix("n_") } >= 84)
        #expect(names.count { $0.hasPrefix("i_") } == 35)
    }

    @Test(arguments: names.filter { $0.hasPrefix("i_number_") })
    func leavesNumbersOutOfRangeToTheField(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: suite.appending(path: name)))
        #expect(try JSONValue(parsing: bytes).array?.first?.number?.int64 == nil)
    }
}
