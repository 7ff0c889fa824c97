// AddressCorpusTests.swift — the isemail addresses (../shared/corpora) against what we accept.

import Foundation
import Mail
import Testing

private let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpora/addresses/isemail.json").standardizedFileURL
private let isPresent = FileManager.default.fileExists(atPath: corpus.path)

struct AddressCorpusTests {
    struct Entry: Decodable {
        let id: String, address: String, category: String, diagnosis: String
    }

    /// Where we differ from the corpus, and why.
    static let differences = [
        "5": "test@io: a single label is not fully qualified (RFC 5321 §2.3.5), though this one is a top-level domain",
        "157": "the corpus lost the white space around it, so it is plain test@iana.org",
        "158": "the corpus lost the white space around it, so it is plain test@iana.org",
    ]

    @Test(.enabled(if: isPresent, "../shared/corpora is not there"))
    func `the isemail addresses are judged as its categories ask`() throws {
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: corpus))
        #expect(entries.count > 150)
        for entry in entries {
            let differs = Self.differences[entry.id] != nil
            #expect(
                accepts(entry) == (shouldAccept(entry) != differs),
                "\(entry.id) \(entry.address.debugDescription) \(entry.diagnosis)")
        }
    }

    @Test(.enabled(if: isPresent, "../shared/corpora is not there"))
    func `its well-formed address literals are let in where they are asked for, its malformed ones never`() throws {
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: corpus))
        let literals = entries.filter { $0.address.contains("@[") }
        #expect(literals.count > 20)
        for entry in literals {
            let isGood =
                entry.diagnosis == "ISEMAIL_RFC5321_ADDRESSLITERAL"
                || entry.diagnosis == "ISEMAIL_RFC5321_IPV6DEPRECATED"
            #expect(
                accepts(entry, allowingLiterals: true) == isGood,
                "\(entry.id) \(entry.address.debugDescription) \(entry.diagnosis)")
        }
    }

    private func accepts(_ entry: Entry, allowingLiterals: Bool = false) -> Bool {
        (try? Mailbox(parsing: decoded(entry.address), allowingLiterals: allowingLiterals)) != nil
    }

    /// Plain and quoted mailboxes; never what only a message header may hold, nor an address literal.
    private func shouldAccept(_ entry: Entry) -> Bool {
        switch entry.category {
        case "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN": true
        case "ISEMAIL_RFC5321": entry.diagnosis == "ISEMAIL_RFC5321_QUOTEDSTRING"
        default: false
        }
    }

    /// The corpus writes a control character as its picture, U+2400 + n.
    private func decoded(_ text: String) -> String {
        var decoded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isPicture = (0x2400..<0x2420).contains(scalar.value)
            decoded.append(isPicture ? Unicode.Scalar(UInt8(scalar.value - 0x2400)) : scalar)
        }
        return String(decoded)
    }
}
