// DomainCommand+Rotate.swift — `postrider domain rotate`: new keys, and letting them sign.

import ArgumentParser
import JSON

extension DomainCommand {
    struct Rotate: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make new keys for a domain and print their records; once published, let them sign.")
        @Argument var name: String
        @Flag(help: "Let the new keys whose records are published sign in place of the old.") var activate = false
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            if activate {
                let (document, keys) = try desk.activateKeys(of: name)
                try desk.printer.show(document) { _ in keys.map { "\($0.selector) signs now\n" }.joined() }
            } else {
                try desk.printer.show(desk.rotateKeys(of: name)) { object in
                    let domain = SendingDomainListing(object)
                    return domain.zone(of: domain.waitingKeys)
                        + "; publish these, then: postrider domain rotate \(domain.name) --activate\n"
                }
            }
        }
    }
}

extension Desk {
    /// The domain with keys that are to come: made now, but for those that wait already. The service reads `name` as
    /// U-labels and as A-labels.
    fileprivate func rotateKeys(of name: String) throws -> Document {
        var document = try document("GET", apiPath("domains", name))
        let domain = SendingDomainListing(document.object)
        for algorithm in domain.algorithms.subtracting(domain.waitingKeys.map(\.algorithm)).sorted() {
            document = try self.document("POST", apiPath("domains", name, "dkim-keys")) {
                $0.member("algorithm", algorithm)
            }
        }
        return document
    }

    /// Lets, of each algorithm, the newest key whose record is there sign.
    fileprivate func activateKeys(of name: String) throws -> (domain: Document, keys: [SendingDomainListing.Key]) {
        var document = try document("POST", apiPath("domains", name, "verify"))
        let domain = SendingDomainListing(document.object)
        let ready = domain.algorithms.sorted().compactMap { algorithm in
            domain.waitingKeys.last { $0.algorithm == algorithm && domain.isSeen($0) }
        }
        guard !ready.isEmpty else {
            throw CommandFailure("no new key of \(domain.name) has its record published:\n\(domain.findings)")
        }
        for key in ready {
            document = try self.document("POST", apiPath("domains", name, "dkim-keys", key.selector, "activate"))
        }
        return (document, ready)
    }
}
