// KeptFile.swift — a small secret file of the data directory: read whole, written whole or not at all.

import Foundation
import Glibc

struct KeptFile {
    let path: String
    private let directory: String

    /// In `directory`, which must exist.
    init(_ name: String, in directory: String) { (path, self.directory) = (directory + "/" + name, directory) }

    /// Nil if there is none. Without the newline at its end.
    func read() throws -> String? {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return nil }
        return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// For the owner alone, as one line. Whole or not at all, whenever the machine stops: written beside, synced, renamed.
    func write(_ text: String) throws {
        let draft = path + ".new"
        try withDescriptor(draft, O_WRONLY | O_CREAT | O_TRUNC) { file in
            let line = Array((text + "\n").utf8)
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
