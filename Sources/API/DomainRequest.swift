// DomainRequest.swift — the bodies of POST /v1/domains and of POST /v1/domains/{name}/dkim-keys.

import Crypto
import HTTP
import JSON
import Mail

/// `{"name"}`
enum NewDomainRequest {
    private enum Member: String, CaseIterable { case name }

    /// The domain, and how its owner wrote it: lower case where case means nothing.
    static func name(in body: JSONValue) throws(Problem) -> (name: Domain, original: String) {
        var reader = try BodyReader<Member>(body)
        let text = reader.headerText(.name, maximumBytes: 1024) ?? ""
        if reader[.name] == nil { reader.fail(.name, .required, "A sending domain needs a name.") }
        guard reader.errors.isEmpty else { throw .validation(reader.errors) }
        do throws(AddressError) {
            let name = try Domain(parsing: text)
            return (name, text.utf8.allSatisfy { $0 < 0x80 } ? name.ascii : text)
        } catch {
            reader.fail(.name, .invalidValue, error.description)
            throw .validation(reader.errors)
        }
    }
}

/// `{"algorithm"}`, or nothing at all.
enum NewKeyRequest {
    private enum Member: String, CaseIterable { case algorithm }

    /// One of each unless one is named.
    static func algorithms(in request: HTTPServerRequest) throws(Problem) -> [SignatureAlgorithm] {
        guard !request.body.isEmpty else { return SignatureAlgorithm.allCases }
        var reader = try BodyReader<Member>(request.json)
        let algorithm: SignatureAlgorithm? = reader.choice(.algorithm)
        guard reader.errors.isEmpty else { throw .validation(reader.errors) }
        return algorithm.map { [$0] } ?? SignatureAlgorithm.allCases
    }
}
