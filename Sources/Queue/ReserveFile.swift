// ReserveFile.swift — disk space kept back, so that results can be recorded when the disk is full.

import Foundation

struct ReserveFile {
    let path: String
    let size: Int

    /// Takes the space, really (`posix_fallocate`, not a hole); false, and nothing is held, when there is no room.
    func take() -> Bool {
        let file = Glibc.open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { Glibc.close(file) }
        guard size == 0 || posix_fallocate(file, 0, off_t(size)) == 0 else {
            _ = ftruncate(file, 0)
            return false
        }
        return true
    }

    /// Gives the space back to the disk.
    func release() { _ = truncate(path, 0) }
}
