// ReaderTests.swift — how commands end when what they print reaches nobody.

import ArgumentParser
import Glibc
import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct ReaderTests {
    /// Runs `body` with a pipe that nobody reads.
    private func withDeadPipe(_ body: (CInt) async throws -> Void) async throws {
        // As the program does.
        signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        try await body(ends[1])
    }

    private static let events = ScriptedService.Answer.stream(
        "id: 7\ndata: {\"type\":\"message.accepted\"}\n\n", "id: 8\ndata: {\"type\":\"message.delivered\"}\n\n")

    /// `postrider tail | head -1` is no failure.
    @Test func followingEndsWellAndAtOnce() async throws {
        let service = try ScriptedService(Self.events)
        try await withDeadPipe { descriptor in
            let run = await CommandRun.of(["tail", "--since", "0"], at: service, to: descriptor)
            #expect(run.status == 0 && run.message.isEmpty && run.notes.isEmpty && run.pauses.isEmpty)
        }
    }

    @Test func anyOtherCommandFailsWithoutAWord() async throws {
        let service = try ScriptedService(.json(#"{"data":[{"id":"msg_1"}],"has_more":false,"next_cursor":null}"#))
        try await withDeadPipe { descriptor in
            let run = await CommandRun.of(["message", "list"], at: service, to: descriptor)
            #expect(run.status == 1 && run.message.isEmpty && run.notes.isEmpty)
        }
    }

    @Test func commandsWithoutAServiceFailLikewise() async throws {
        try await withDeadPipe { descriptor in
            #expect(throws: ExitCode.failure) { try printAnswer("x\n", to: descriptor) }
        }
    }

    @Test func whatCannotBeWrittenForAnotherReasonIsTold() async throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let service = try ScriptedService(.whole("address\n"))
        let run = await CommandRun.of(["suppress", "export"], at: service, to: full)
        #expect(run.status == 1 && run.message == "cannot write to standard output: No space left on device")
    }

    @Test func aReaderIsMissedOnlyWhereThereCannotBeOne() async throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        #expect(hasReader(ends[1]))
        close(ends[0])
        #expect(!hasReader(ends[1]))
        close(ends[1])
        let file = open("/dev/null", O_WRONLY | O_CLOEXEC)
        #expect(hasReader(file))
        close(file)
    }
}
