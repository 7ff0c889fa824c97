// KeptFile.swift — a small secret file of the data directory: read whole, written whole or not at all.

import Console
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
        // Of a start that was killed, with whatever mode.
        guard unlink(draft) == 0 || errno == ENOENT else { throw CommandFailure.system("remove", draft) }
        do {
            try withDescriptor(draft, O_WRONLY | O_CREAT | O_EXCL) { file in
                try write(Array((text + "\n").utf8)[...], to: file, draft)
                guard fsync(file) == 0 else { throw CommandFailure.system("write", draft) }
            }
            guard rename(draft, path) == 0 else { throw CommandFailure.system("rename", draft) }
        } catch {
            unlink(draft)
            throw error
        }
        try withDescriptor(directory, O_RDONLY | O_DIRECTORY) { directory in
            guard fsync(directory) == 0 else { throw CommandFailure.system("sync", path) }
        }
    }

    /// May be cut short by a disk that is getting full; the next try then says so.
    private func write(_ bytes: ArraySlice<UInt8>, to file: CInt, _ path: String) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw CommandFailure.system("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether others than its owner may read it.
    var isOpenToOthers: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    private func withDescriptor(_ path: String, _ flags: CInt, _ body: (CInt) throws -> Void) throws {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure.system("open", path) }
        defer { close(descriptor) }
        try body(descriptor)
    }
}
