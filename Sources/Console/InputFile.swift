// InputFile.swift — what a command reads from a file, or from standard input as `-`.

import Glibc

enum InputFile {
    static func bytes(of path: String) throws -> [UInt8] {
        guard path != "-" else { return try bytes(from: STDIN_FILENO, "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure.system("read", path.debugDescription) }
        defer { close(descriptor) }
        return try bytes(from: descriptor, path.debugDescription)
    }

    private static func bytes(from descriptor: CInt, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 || errno == EINTR else { throw CommandFailure.system("read", name) }
            guard count != 0 else { return bytes }
            bytes += piece.prefix(max(0, count))
        }
    }

    /// It must be UTF-8.
    static func text(of path: String) throws -> String {
        guard let text = String(validating: try bytes(of: path), as: UTF8.self) else {
            throw CommandFailure("\(path.debugDescription) is not UTF-8")
        }
        return text
    }
}
