// ShowSettings.swift — `postrider settings`: every setting, its default and its meaning.

import ArgumentParser
import JSON
import Settings

struct ShowSettings: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "List every setting with its default and meaning.")

    @Flag(help: "Print one JSON object for each.") var json = false

    func run() throws { try printAnswer(text) }

    var text: String { json ? Setting.all.map(line).joined() : Setting.table }

    private func line(of setting: Setting) -> String {
        var writer = JSONWriter()
        writer.object {
            $0.member("name", setting.name)
            $0.member("default", setting.standard)
            $0.member("meaning", setting.meaning)
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}
