// Setting+Table.swift — the settings as people read them: a Markdown table that is also legible as it is.

extension Setting {
    /// Name, default and meaning of every setting, one line each, padded to columns.
    package static let table: String = {
        let rows = [["setting", "default", "meaning"]] + all.map { ["`\($0.name)`", $0.standard, $0.meaning] }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            "| " + zip(row, widths).map(padded).joined(separator: " | ") + " | " + row[2] + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) + "|" }.joined() + "---|"
        return ([lines[0], rule] + lines.dropFirst()).map { $0 + "\n" }.joined()
    }()

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
