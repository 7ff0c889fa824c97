// RootKey.swift — the bearer key with every scope: the operator's, or one that the first start makes and shows once.
//
// Only its digest is kept. Who has lost the key deletes the file and starts again, or sets `root_key`.

import Crypto
import Foundation
import Glibc

struct RootKey: Equatable {
    /// SHA-256 of the key.
    let digest: [UInt8]

    init(_ key: String) { digest = SHA256.digest(of: Array(key.utf8)) }

    private init(digest: [UInt8]) { self.digest = digest }

    /// The `configured` key if there is one, else the one whose digest lies in `directory`, which must exist; without
    /// either it makes one, keeps its digest, and then hands the key to `show`.
    static func load(configured: String?, directory: String, show: (_ key: String) -> Void) throws -> RootKey {
        if let configured { return RootKey(configured) }
        let path = directory + "/root_key.sha256"
        if let kept = try read(path) { return kept }
        let key = generate()
        let made = RootKey(key)
        try made.keep(at: path, in: directory)
        show(key)
        return made
    }

    /// `pr_root_` and 32 letters or digits: 190 bits.
    static func generate() -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var generator = SystemRandomNumberGenerator()
        return "pr_root_" + String((0..<32).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }

    private static func read(_ path: String) throws -> RootKey? {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return nil }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let digest = Hex.decode(text.trimmingCharacters(in: .newlines)), digest.count == SHA256.byteCount else {
            throw CommandFailure("\(path) holds no SHA-256 digest; delete it to have a new root key made")
        }
        return RootKey(digest: digest)
    }

    /// Whole or not at all, whenever the machine stops: written beside, synced, renamed.
    private func keep(at path: String, in directory: String) throws {
        let draft = path + ".new"
        try withDescriptor(draft, O_WRONLY | O_CREAT | O_TRUNC) { file in
            let line = Array((Hex.encode(digest) + "\n").utf8)
            guard Glibc.write(file, line, line.count) == line.count, fsync(file) == 0 else {
                throw CommandFailure.system("write", draft)
            }
        }
        guard rename(draft, path) == 0 else { throw CommandFailure.system("rename", draft) }
        try withDescriptor(directory, O_RDONLY | O_DIRECTORY) { directory in
            guard fsync(directory) == 0 else { throw CommandFailure.system("sync", path) }
        }
    }

    private func withDescriptor(_ path: String, _ flags: CInt, _ body: (CInt) throws -> Void) throws {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure.system("open", path) }
        defer { close(descriptor) }
        try body(descriptor)
    }
}
