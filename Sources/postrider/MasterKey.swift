// MasterKey.swift — the key that all secrets in the store are sealed with: the operator's, or one that the first start makes.
//
// The store keeps a text sealed with it, by which a wrong key is known at the start, and not by mail that cannot be
// signed. Where the store has that text, no new key is ever made: it would open nothing of what is there.

import Console
import Crypto
import Logging
import Queue

enum MasterKey {
    static let fileName = "master.key"
    private static let proof = (name: "master-key", purpose: "master-key-proof", text: Array("postrider".utf8))

    /// The box of the `configured` key (base64 of 32 bytes) if there is one, else of the one in `directory`, which is
    /// made if the store has never seen a key. Throws if the store was sealed with another one, or its own is not there.
    static func open(
        configured: String?, directory: String, store: QueueStore, log: Logger
    ) async throws -> SecretBox {
        let file = KeptFile(fileName, in: directory)
        if file.isOpenToOthers {
            log.warning("others than its owner may read or write the master key", metadata: ["file": "\(file.path)"])
        }
        let sealed = try await store.sealedProof(proof.name)
        guard let key = try configured.map({ try read($0, from: "master_key") }) ?? kept(in: file) else {
            guard sealed == nil else {
                throw CommandFailure(
                    "\(file.path) is missing, and secrets in \(directory) are sealed with its key; put it back, or set "
                        + "master_key")
            }
            return try await make(in: file, store)
        }
        let box = try SecretBox(masterKey: key)
        guard let sealed else {
            try await prove(box, to: store)
            return box
        }
        do { _ = try box.open(sealed, for: proof.purpose) } catch {
            let source = configured == nil ? file.path : "master_key"
            throw CommandFailure("\(source) is not the key that the secrets in \(directory) are sealed with")
        }
        return box
    }

    /// On disk before anything is sealed with it.
    private static func make(in file: KeptFile, _ store: QueueStore) async throws -> SecretBox {
        let key: [UInt8] = .random(count: SecretBox.masterKeyByteCount)
        try file.write(Base64.encode(key))
        let box = try SecretBox(masterKey: key)
        try await prove(box, to: store)
        return box
    }

    private static func prove(_ box: SecretBox, to store: QueueStore) async throws {
        try await store.keepProof(proof.name, sealed: box.seal(proof.text, for: proof.purpose))
    }

    private static func kept(in file: KeptFile) throws -> [UInt8]? {
        try file.read().map { try read($0, from: file.path) }
    }

    private static func read(_ text: String, from source: String) throws -> [UInt8] {
        guard let key = Base64.decode(text), key.count == SecretBox.masterKeyByteCount else {
            throw CommandFailure("\(source) is not the base64 of \(SecretBox.masterKeyByteCount) bytes")
        }
        return key
    }
}
