// SecretStoreTests.swift — the vault's proof, and that secrets which are replaced or deleted leave the file.

import Foundation
import GRDB
import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct SecretStoreTests {
    /// Whether a file of the store has these bytes anywhere.
    private func holds(_ text: String, _ fixture: StoreFixture) throws -> Bool {
        let names = ["postrider.sqlite", "postrider.sqlite-wal"].map { fixture.directory + "/" + $0 }
        return try names.filter { FileManager.default.fileExists(atPath: $0) }.contains { name in
            try Data(contentsOf: URL(filePath: name)).range(of: Data(text.utf8)) != nil
        }
    }

    @Test func aProofIsKeptOnce() async throws {
        let fixture = try StoreFixture()
        #expect(try await fixture.store.sealedProof("master-key") == nil)
        try await fixture.store.keepProof("master-key", sealed: "v1.first")
        await #expect(throws: StoreFailure.self) {
            try await fixture.store.keepProof("master-key", sealed: "v1.second")
        }
        #expect(try await fixture.store.sealedProof("master-key") == "v1.first")
        await fixture.end()
    }

    @Test func aReplacedSecretIsNowhereInTheFile() async throws {
        let fixture = try StoreFixture()
        let plain = "whsec_" + String(repeating: "plain", count: 8)
        let id = EndpointID(at: fixture.now)
        _ = try await fixture.store.createEndpoint(
            Endpoint(id: id, url: "https://a.test", types: [], secret: plain, createdAt: fixture.now))
        #expect(try holds(plain, fixture))
        #expect(try await fixture.store.replaceSecrets([id: "v1.sealed"]))
        #expect(try await fixture.store.endpoint(id, in: .default)?.secret == "v1.sealed")
        #expect(try !holds(plain, fixture))
        #expect(fixture.endpointChanges == 2)
        await fixture.end()
    }

    /// Whoever was killed after the commit has nothing left to replace, but the old pages are still in the WAL.
    @Test func theFileIsCleanedEvenIfNothingIsReplaced() async throws {
        let fixture = try StoreFixture()
        let plain = "whsec_" + String(repeating: "plain", count: 8)
        let id = EndpointID(at: fixture.now)
        _ = try await fixture.store.createEndpoint(
            Endpoint(id: id, url: "https://a.test", types: [], secret: plain, createdAt: fixture.now))
        _ = try await fixture.store.write { transaction in
            try transaction.database.run("UPDATE endpoints SET secret = 'v1.sealed' WHERE uid = ?", id)
        }
        #expect(try holds(plain, fixture))
        #expect(try await fixture.store.replaceSecrets([:]))
        #expect(try !holds(plain, fixture))
        await fixture.end()
    }

    /// A backup or somebody's shell must not keep us from starting.
    @Test(.timeLimit(.minutes(5))) func aReaderOfAnotherProgramDelaysTheCleaningOnly() async throws {
        let fixture = try StoreFixture()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.directory + "/postrider.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN")
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM endpoints")
        }
        let id = EndpointID(at: fixture.now)
        _ = try await fixture.store.createEndpoint(
            Endpoint(id: id, url: "https://a.test", types: [], secret: "whsec_a", createdAt: fixture.now))
        #expect(try await !fixture.store.replaceSecrets([id: "v1.sealed"]))
        #expect(try await fixture.store.endpoint(id, in: .default)?.secret == "v1.sealed")
        try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await fixture.store.replaceSecrets([:]))
        await fixture.end()
    }

    /// The WAL is cut at the close.
    @Test func aDeletedKeyIsNowhereInTheFile() async throws {
        let fixture = try StoreFixture()
        let sealed = "v1." + String(repeating: "private", count: 200)
        let key = DKIMKeyRow(
            selector: "a", algorithm: "rsa-sha256", sealedPrivateKey: sealed, publicKey: [], createdAt: fixture.now)
        let name = Domain(trusted: "acme.test")
        let domain = SendingDomain(name: name, original: "acme.test", createdAt: fixture.now, keys: [key])
        _ = try await fixture.store.createDomain(domain)
        #expect(try holds(sealed, fixture))
        _ = try await fixture.store.deleteDomain(SendingDomainName(name, in: .default))
        await fixture.store.close()
        #expect(try !holds(sealed, fixture))
        await fixture.end()
    }
}
