// Serve.swift — `postrider serve`: opens the house and keeps it until a signal ends it.

import Address
import ArgumentParser
import Console
import Foundation
import Logging
import Logs
import ServiceLifecycle
import Settings
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Accept, queue and deliver mail until SIGTERM.")

    @OptionGroup var flags: SettingFlags

    @Flag(help: "Try it out: loopback only, no key needed, all mail ends in a sandbox on this machine.")
    var dev = false

    func run() async throws {
        let settings = try flags.load()
        if dev { try checkLoopback(settings.http.listen) }
        settings.log.bootstrap()
        let logger = Logger(label: "postrider")
        // Heeded from here on.
        let signals = await UnixSignalsSequence(trapping: .sighup)

        let house = try await House.open(settings, isDev: dev, logger: logger)
        // Trapped before anybody knows that we are here: who is told to leave right away leaves as well as any.
        let farewells = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        write("listening on \(house.origin)\n", to: STDOUT_FILENO)
        if dev { write(house.welcome, to: STDOUT_FILENO) }

        let hangUps = HangUps(signals: signals) { house.identity?.reload(log: logger) }
        var configuration = ServiceGroupConfiguration(services: house.services + [hangUps], logger: logger)
        configuration.maximumGracefulShutdownDuration = House.patience
        let group = ServiceGroup(configuration: configuration)
        async let _: Void = {
            for await _ in farewells { await group.triggerGracefulShutdown() }
        }()
        try await group.run()
        // To the end: a hang-up while we leave is no reason to die.
        withExtendedLifetime(signals) {}
    }

    /// Without keys, nobody else may reach it.
    private func checkLoopback(_ address: TransportAddress) throws {
        guard address.ip.isLoopback else {
            throw ValidationError("--dev listens on loopback only, and http.listen is \(address)")
        }
    }
}

extension Settings.Log {
    /// From here on every Logger of this process writes to standard error as the settings say.
    func bootstrap() {
        let environment = ProcessInfo.processInfo.environment
        let style =
            switch format {
            case .auto: LogStyle.automatic(on: STDERR_FILENO, environment: environment)
            case .json: LogStyle.json
            case .text: LogStyle.text(on: STDERR_FILENO, environment: environment)
            }
        LoggingSystem.bootstrap { [level] in LineLogHandler(label: $0, level: level, style: style) }
    }
}
