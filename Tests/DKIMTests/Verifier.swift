// Verifier.swift — checks the DKIM signatures of a message as RFC 6376 §6 says, with nothing of the signer's but RSA.

import Crypto
import Foundation

/// A message as whoever received it sees it.
struct Verifier {
    enum Verdict: Hashable { case pass, noKey, bodyDiffers, signatureFails, malformed }

    /// Each field with its folds, without its last line end. Latin-1, as is the body.
    let fields: [String]
    let body: String

    init(_ message: [UInt8]) {
        let text = String(latin1: message)
        let end = text.range(of: "\r\n\r\n")
        let header = end.map { String(text[..<$0.lowerBound]) } ?? text.replacing("\\r\\n\\z", with: "")
        body = end.map { String(text[$0.upperBound...]) } ?? ""
        fields = header.replacing("\\r\\n(?![ \\t])", with: "\u{1}").components(separatedBy: "\u{1}")
    }

    /// Of each DKIM-Signature field, from the top. `keys` by the name of their record.
    func verdicts(_ keys: [String: VerifyingKey]) -> [Verdict] {
        fields.filter { Self.name(of: $0) == "dkim-signature" }.map { verdict(on: $0, keys) }
    }

    private func verdict(on signature: String, _ keys: [String: VerifyingKey]) -> Verdict {
        let tags = Self.tags(of: signature)
        let methods = (tags["c"] ?? "simple/simple").components(separatedBy: "/").map(
            PlainCanonicalization.init(rawValue:))
        guard let bodyHash = tags["bh"], let encoded = tags["b"], let signed = Base64.decode(encoded),
            let header = methods.first ?? nil, let content = methods.last ?? nil
        else { return .malformed }
        guard let key = keys["\(tags["s"] ?? "")._domainkey.\(tags["d"] ?? "")"], key.algorithm.rawValue == tags["a"]
        else { return .noKey }
        let hash = Base64.encode(SHA256.digest(of: content.body(body).latin1))
        guard hash == bodyHash else { return .bodyDiffers }
        return key.verifies(signed, of: input(for: signature, header)) ? .pass : .signatureFails
    }

    /// §3.7, §5.4.2: what the signature is of.
    func input(for signature: String, _ method: PlainCanonicalization) -> [UInt8] {
        var left = fields
        var input = ""
        for name in (Self.tags(of: signature)["h"] ?? "").lowercased().components(separatedBy: ":") {
            guard let last = left.lastIndex(where: { Self.name(of: $0) == name }) else { continue }
            input += method.header(left.remove(at: last)) + "\r\n"
        }
        let unsigned = signature.replacing("((?:^DKIM-Signature:|;)\\s*b\\s*=)[^;]*", with: "$1")
        return (input + method.header(unsigned)).latin1
    }

    /// Without white space in the values.
    static func tags(of signature: String) -> [String: String] {
        let value = signature.replacing("^[^:]*:", with: "").replacing("\\s+", with: "")
        let tags = value.components(separatedBy: ";").filter { !$0.isEmpty }.map { tag in
            let equals = tag.range(of: "=")
            return (
                equals.map { String(tag[..<$0.lowerBound]) } ?? tag, equals.map { String(tag[$0.upperBound...]) } ?? ""
            )
        }
        return Dictionary(tags) { first, _ in first }
    }

    static func name(of field: String) -> String {
        field.replacing("[ \\t]*:(?s:.*)", with: "").lowercased()
    }
}
