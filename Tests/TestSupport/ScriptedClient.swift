// ScriptedClient.swift — the other way round: a client that says and expects exactly what a test's script says.

import Foundation

package enum ScriptedClient {
    /// `C:` writes a line, `c:` writes text with its \r and \n spelled out and no line end added, `S:` expects a line,
    /// `S: 250 *` one that begins so, `X: end` expects that the server closes. Throws `ScriptedPeer.Mismatch`.
    package static func play(_ script: String, port: Int) async throws {
        let descriptor = try PeerSocket.connect(port: port)
        let mismatch = await withCheckedContinuation { done in
            Thread.detachNewThread {
                let socket = PeerSocket(descriptor, patience: ScriptedPeer.patience)
                defer { socket.close() }
                done.resume(returning: play(script, on: socket))
            }
        }
        if let mismatch { throw ScriptedPeer.Mismatch(description: mismatch) }
    }

    private static func play(_ script: String, on socket: PeerSocket) -> String? {
        var dialogue: [String] = []
        for line in script.split(separator: "\n") {
            dialogue.append(String(line))
            let text = String(line.dropFirst(3))
            switch line.prefix(2) {
            case "C:": socket.write(text + "\r\n")
            case "c:": socket.write(text.replacing("\\r", with: "\r").replacing("\\n", with: "\n"))
            case "S:", "X:":
                let received = socket.readLine()
                let matches =
                    line == "X: end"
                    ? received == nil
                    : text.hasSuffix("*") ? received?.hasPrefix(text.dropLast()) == true : received == text
                if !matches { return (dialogue + ["   but came \(received ?? "nothing")"]).joined(separator: "\n") }
            default: return "not understood: \(line)"
            }
        }
        return nil
    }
}
