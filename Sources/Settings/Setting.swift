// Setting.swift — one setting: its name, its meaning, how it is written and where it goes.

package struct Setting: Sendable {
    /// As in the YAML file, its groups separated by dots: `delivery.retry_schedule`.
    package let name: String
    package let meaning: String
    /// What holds without it, for people to read.
    package let standard: String
    let isSecret: Bool
    let expectation: String
    /// False, and nothing changed, if the text is not the notation's.
    let assign: @Sendable (_ text: String, _ settings: inout Settings) -> Bool

    /// `standard` is for defaults that the value itself does not tell.
    init<Value>(
        _ name: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, _ notation: Notation<Value>,
        standard: String? = nil, _ meaning: String
    ) {
        self.name = name
        self.meaning = meaning
        self.standard = standard ?? "`\(notation.write(Settings()[keyPath: path]))`"
        isSecret = notation.isSecret
        expectation = notation.expectation
        assign = { text, settings in
            guard let value = notation.read(text) else { return false }
            settings[keyPath: path] = value
            return true
        }
    }

    /// The setting that names a file with this one's value in it.
    var fileName: String { name + "_file" }
}
