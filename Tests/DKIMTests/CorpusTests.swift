// CorpusTests.swift — the signed messages of RFC 8463 A and RFC 6376 C (../shared/corpora/dkim) against what we compute.

import Crypto
import Foundation
import Mail
import Testing

@testable import DKIM

private let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpora/dkim").standardizedFileURL
private let isPresent = FileManager.default.fileExists(atPath: corpus.path)

@Suite(.enabled(if: isPresent, "../shared/corpora is not there"))
struct CorpusTests {
    /// Lines of record name and value, an empty line, the message; all with bare LF.
    struct Entry {
        let records: [String: DKIMRecord]
        let message: [UInt8]

        init(_ name: String) throws {
            let text = try String(contentsOf: corpus.appending(path: name), encoding: .isoLatin1)
            let parts = text.components(separatedBy: "\n\n")
            records = try Dictionary(
                uniqueKeysWithValues: parts[0].components(separatedBy: "\n").map { line in
                    let words = line.components(separatedBy: " ")
                    return (words[0], try DKIMRecord(parsing: Array(words.dropFirst().joined(separator: " ").utf8)))
                })
            message = parts.dropFirst().joined(separator: "\n\n").replacing("\\n", with: "\r\n").latin1
        }

        var keys: [String: VerifyingKey] {
            records.compactMapValues { VerifyingKey($0.algorithm, $0.publicKey) }
        }

        /// Without its signatures.
        var content: [UInt8] {
            let verifier = Verifier(message)
            let fields = verifier.fields.filter { Verifier.name(of: $0) != "dkim-signature" }
            return (fields.map { $0 + "\r\n" }.joined() + "\r\n" + verifier.body).latin1
        }
    }

    static let names = ["mail-auth-001.txt", "mail-auth-002.txt"]

    @Test(arguments: names)
    func `the verifier of these tests passes the signatures`(name: String) throws {
        let entry = try Entry(name)
        let verdicts = Verifier(entry.message).verdicts(entry.keys)
        #expect(!verdicts.isEmpty && verdicts.allSatisfy { $0 == .pass })
    }

    @Test func `our body hash is the signatures' own`() throws {
        let message = try Entry("mail-auth-001.txt").message
        let bodyStart = message.withUnsafeBufferPointer { HeaderBlock(of: $0).bodyStart }
        let hash = Base64.encode(BodyHash.relaxed(message, from: bodyStart))
        let signatures = Verifier(message).fields.filter { Verifier.name(of: $0) == "dkim-signature" }
        #expect(signatures.count == 2)
        for signature in signatures { #expect(Verifier.tags(of: signature)["bh"] == hash) }
    }

    /// What the fields of RFC 8463's `h=` give, by our canonicalization; Ed25519 and RSA PKCS #1 are deterministic.
    @Test(arguments: [(0, ExampleKeys.ed25519), (1, ExampleKeys.rsa)])
    func `our canonical header, signed with the RFC's key, gives its very signature`(
        index: Int, key: String
    ) throws {
        let message = try Entry("mail-auth-001.txt").message
        let signature = Verifier(message).fields[index]
        let key = try SigningKey(pkcs8: #require(Base64.decode(key)))
        var input: [UInt8] = []
        message.withUnsafeBufferPointer { content in
            let fields = HeaderBlock(of: content).fields
            for name in ["from", "to", "subject", "date", "message-id"] {
                for field in fields where String(latin1: content[field.name]).lowercased() == name {
                    RelaxedHeader.append(name: name.utf8, value: content[field.value], to: &input)
                    input += Array("\r\n".utf8)
                }
            }
            let unsigned = signature.replacing("(;\\s*b=)(?s:.*)", with: "$1").latin1
            let value = unsigned.drop { $0 != UInt8(ascii: ":") }.dropFirst()
            RelaxedHeader.append(name: "dkim-signature".utf8, value: value, to: &input)
        }
        #expect(Base64.encode(key.sign(input)) == Verifier.tags(of: signature)["b"])
    }

    @Test(arguments: names)
    func `what we sign with the RFC's keys verifies with its records`(name: String) throws {
        let content = try Entry(name).content
        let keys = try [
            DKIMKey(selector: "test", key: SigningKey(pkcs8: #require(Base64.decode(ExampleKeys.rsa)))),
            DKIMKey(selector: "brisbane", key: SigningKey(pkcs8: #require(Base64.decode(ExampleKeys.ed25519)))),
        ]
        let domain = try Domain(parsing: "football.example.com")
        let received = signatures(of: content, keys: keys, domain: domain) + content
        #expect(try Verifier(received).verdicts(Entry("mail-auth-001.txt").keys) == [.pass, .pass])
    }

    @Test func `the RFC's records agree with its keys`() throws {
        let records = try Entry("mail-auth-001.txt").records
        for (name, key) in [("test", ExampleKeys.rsa), ("brisbane", ExampleKeys.ed25519)] {
            let record = try DKIMRecord(for: SigningKey(pkcs8: #require(Base64.decode(key))))
            #expect(records["\(name)._domainkey.football.example.com"] == record)
        }
    }
}

/// The private keys of RFC 8463 A.2, as PKCS #8.
enum ExampleKeys {
    static let ed25519 = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
    static let rsa = """
        MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj\
        8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesbiGy1PlCO8c70/OjFnJVgvMF87YR4Lci\
        ncb7aSvI5MgpP6X8rjDdAgMBAAECgYAfRzE6EVkODNdaEOGcAkPDmziug5c3g6GOJdrxbtjeuFfcUmqYlI+4Lw329CbpJVtosATh\
        IbmYsy54eWHgpd98Sm4sSI2n1Kzc7hh8uJCltGoTtOblLEqO+9Chll7MeiuKY5oKFEvaK3juK5bHPFKJEy/hz6PvQaJZ3FefF7hS\
        gQJBAPMkH/RTnxbtFnLp6cZWPaRYXvfYKhYVlbOLUWJy52sEWjLrdDByjCmgJrMq29kYw2U9acLvH/qjwZy5J7SBrbECQQDwLs+K\
        k+bX/V9NFC+PWj90OZmnbjfTjhk3LGOD78483ShYJtcgbHJa+ZlteuI5ahIAslOMTESCtocSCdeyy6TtAkEAuXkgKxgy7qEzE7ve\
        Cd81rI2A/F1YVXpntQucrJXsdJVgXSGBg4eN5h72Boy2IliijTMY34vcAC00/2G6qRaXMQJATVqWJwh5WWjV76onoyCqvRDsBrt9\
        qVnjjxxxtIVgQ8PqgXGI6X1j2x72Jgdkop8hyy2jsNTDX+HPYKTg3kmuBQJBALIq942+POSR3weNizRLAzR8+MrXr//moNnZSIMa\
        c564TPEEMCvnXxnxUVtHjWKfdbhjfIIOBCUuVwROtL7Nhws=
        """
}
