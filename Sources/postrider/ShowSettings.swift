// ShowSettings.swift — `postrider settings`: every setting, its default and its meaning.

import ArgumentParser
import Glibc
import Settings

struct ShowSettings: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "List every setting with its default and meaning.")

    func run() {
        write(Setting.table, to: STDOUT_FILENO)
    }
}
