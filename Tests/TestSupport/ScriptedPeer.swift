// ScriptedPeer.swift — a mail server that says and expects exactly what a test's script says, on real sockets.
//
//     let peer = try ScriptedPeer("""
//         S: 220 mx.test ESMTP
//         C: EHLO client.test
//         S: 250 mx.test
//         X: close
//         """)
//
// `S:` writes a line. `s:` writes text with its \r and \n spelled out and no line end added. `C:` expects a line,
// `C: EHLO *` one that begins so. `C: ...` skips lines up to a lone dot. `X: close` closes, `X: reset` closes with a
// RST, `X: wait` waits until the client closes, `X: hold` too,
// whatever it says meanwhile; `X: stall` reads nothing until the test calls
// `finish`. A client that speaks before its turn fails the script. At the end of
// the script the client must close. The first connection plays the first script, and so on.

import Foundation
import NIOCore
import Synchronization

package final class ScriptedPeer: Sendable {
    package struct Mismatch: Error, CustomStringConvertible { package let description: String }

    private struct State {
        var unfinished: Int
        var mismatches: [String] = []
        var waiter: CheckedContinuation<Void, Never>?
    }

    package let port: Int
    private let listener: Int32
    private let state: Mutex<State>
    /// Signalled by `finish`.
    private let isWantedBack = DispatchSemaphore(value: 0)

    /// How long a script waits for its connection and for each line. Long, since only failing tests wait.
    static let patience = timeval(tv_sec: 120, tv_usec: 0)

    package convenience init(_ script: String) throws { try self.init(scripts: [script]) }

    package init(scripts: [String]) throws {
        let bound = try PeerSocket.listen(patience: Self.patience)
        (listener, port) = (bound.descriptor, bound.port)
        state = Mutex(State(unfinished: scripts.count))
        Thread.detachNewThread { [self] in accept(scripts) }
    }

    package var address: SocketAddress {
        get throws { try SocketAddress(ipAddress: "127.0.0.1", port: port) }
    }

    /// Waits until every script has been played, and throws what differed.
    package func finish() async throws {
        isWantedBack.signal()
        await withCheckedContinuation { waiter in
            let isFinished = state.withLock { state in
                if state.unfinished > 0 { state.waiter = waiter }
                return state.unfinished == 0
            }
            if isFinished { waiter.resume() }
        }
        let mismatches = state.withLock(\.mismatches)
        if !mismatches.isEmpty { throw Mismatch(description: mismatches.joined(separator: "\n")) }
    }

    private func accept(_ scripts: [String]) {
        for (index, script) in scripts.enumerated() {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                finished(mismatch: "connection \(index + 1) never came")
                continue
            }
            Thread.detachNewThread { [self] in
                let socket = PeerSocket(descriptor, patience: Self.patience)
                defer { socket.close() }
                finished(mismatch: play(script, on: socket))
            }
        }
        close(listener)
    }

    private func finished(mismatch: String?) {
        let waiter = state.withLock { state in
            state.unfinished -= 1
            if let mismatch { state.mismatches.append(mismatch) }
            guard state.unfinished == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns what differed, after the dialogue up to there.
    private func play(_ script: String, on socket: PeerSocket) -> String? {
        var dialogue: [String] = []
        for line in script.split(separator: "\n") {
            dialogue.append(String(line))
            if let mismatch = step(line, on: socket) {
                return (dialogue + ["   but \(mismatch)"]).joined(separator: "\n")
            }
        }
        let endings = ["X: close", "X: reset", "X: hold", "X: stall"]
        if endings.contains(where: script.hasSuffix) { return nil }
        return socket.readLine().map { (dialogue + ["   but then came \($0)"]).joined(separator: "\n") }
    }

    private func step(_ line: Substring, on socket: PeerSocket) -> String? {
        let text = String(line.dropFirst(3))
        switch line.prefix(2) {
        case "S:":
            if let early = socket.pending { return "the client had said, before its turn: \(early)" }
            socket.write(text + "\r\n")
        case "s:":
            socket.write(text.replacing("\\r", with: "\r").replacing("\\n", with: "\n"))
        case "C:" where text == "...":
            while let received = socket.readLine(), received != "." { continue }
        case "C:":
            guard let received = socket.readLine() else { return "nothing came" }
            let matches = text.hasSuffix("*") ? received.hasPrefix(text.dropLast()) : received == text
            if !matches { return "came \(received)" }
        case "X:" where text == "reset": socket.reset()
        case "X:" where text == "close": socket.close()
        case "X:" where text == "wait": return socket.readLine().map { "came \($0)" }
        case "X:" where text == "hold": socket.drain()
        case "X:" where text == "stall": _ = isWantedBack.wait(timeout: .now() + .seconds(Self.patience.tv_sec))
        default: return "this line is not understood"
        }
        return nil
    }
}
