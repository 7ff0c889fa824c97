// RootKey.swift — the bearer key with every scope: the operator's, or one that the first start makes and shows once.
//
// Only its digest is kept. Who has lost the key deletes the file and starts again, or sets `root_key`.

import Console
import Crypto

struct RootKey: Equatable {
    /// SHA-256 of the key.
    let digest: [UInt8]

    init(_ key: String) { digest = SHA256.digest(of: Array(key.utf8)) }

    private init(digest: [UInt8]) { self.digest = digest }

    /// The `configured` key if there is one, else the one whose digest lies in `directory`, which must exist; without
    /// either it makes one, keeps its digest, and then hands the key to `show`.
    static func load(configured: String?, directory: String, show: (_ key: String) -> Void) throws -> RootKey {
        if let configured { return RootKey(configured) }
        let file = KeptFile("root_key.sha256", in: directory)
        if let kept = try read(file) { return kept }
        let key = generate()
        let made = RootKey(key)
        try file.write(Hex.encode(made.digest))
        show(key)
        return made
    }

    /// `pr_root_` and 32 letters or digits: 190 bits.
    static func generate() -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var generator = SystemRandomNumberGenerator()
        return "pr_root_" + String((0..<32).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }

    private static func read(_ file: KeptFile) throws -> RootKey? {
        guard let text = try file.read() else { return nil }
        guard let digest = Hex.decode(text), digest.count == SHA256.byteCount else {
            throw CommandFailure("\(file.path) holds no SHA-256 digest; delete it to have a new root key made")
        }
        return RootKey(digest: digest)
    }
}
