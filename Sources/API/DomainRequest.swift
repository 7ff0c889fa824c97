// DomainRequest.swift — the bodies of POST /v1/domains and of POST /v1/domains/{name}/dkim-keys.

import Crypto
import Domains
import HTTP
import JSON
import Mail

/// `{"name"}`
enum NewDomainRequest {
    private enum Member: String, CaseIterable { case name }

    /// The domain, and how its owner writes it: in U-labels if there were any, as they are registered, or in A-labels.
    static func name(in body: JSONValue) throws(Problem) -> (name: Domain, original: String) {
        var reader = try BodyReader<Member>(body)
        let text = reader.headerText(.name, maximumBytes: 1024) ?? ""
        if reader[.name] == nil { reader.fail(.name, .required, "A sending domain needs a name.") }
        try reader.finish()
        let name: Domain
        do throws(AddressError) { name = try Domain(parsing: text) } catch {
            reader.fail(.name, .invalidValue, error.description)
            throw .validation(reader.errors)
        }
        guard name.ascii.utf8.count <= DomainRegistry.maximumNameLength else {
            reader.fail(.name, .invalidValue, "It is too long: the names of its key records would not fit in DNS.")
            throw .validation(reader.errors)
        }
        return (name, text.utf8.allSatisfy { $0 < 0x80 } ? name.ascii : name.unicode)
    }
}

/// `{"algorithm"}`, or nothing at all.
enum NewKeyRequest {
    private enum Member: String, CaseIterable { case algorithm }

    /// One of each unless one is named.
    static func algorithms(in request: HTTPServerRequest) throws(Problem) -> [SignatureAlgorithm] {
        var reader = try BodyReader<Member>(optionalBodyOf: request)
        let algorithm: SignatureAlgorithm? = reader.choice(.algorithm)
        try reader.finish()
        return algorithm.map { [$0] } ?? SignatureAlgorithm.allCases
    }
}
