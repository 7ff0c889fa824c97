// Table.swift — a list of the API's objects as aligned columns.

import JSON

struct Table: Sendable {
    struct Column: Sendable {
        let title: String
        let text: @Sendable (JSONObject) -> String

        init(_ title: String, _ text: @escaping @Sendable (JSONObject) -> String) {
            (self.title, self.text) = (title, text)
        }

        /// One member, as it is.
        init(_ title: String, _ member: String) { self.init(title) { ($0[member] ?? .null).inline } }
    }

    let columns: [Column]

    init(_ columns: Column...) { self.columns = columns }

    /// A line for each row below the titles, each with its newline; nothing without rows.
    func text(of rows: [JSONObject], ink: Ink) -> String {
        guard !rows.isEmpty else { return "" }
        let cells = rows.map { row in columns.map { $0.text(row) } }
        let widths = columns.indices.map { index in
            max(columns[index].title.count, cells.map { $0[index].count }.max() ?? 0)
        }
        let head = line(columns.map(\.title), widths) { ink.paint($0, .strong) }
        return head + cells.map { line($0, widths) { ink.paint(status: $0) } }.joined()
    }

    /// The last cell is not filled up.
    private func line(_ cells: [String], _ widths: [Int], _ paint: (String) -> String) -> String {
        let filled = zip(cells, widths).map { cell, width in
            paint(cell) + String(repeating: " ", count: width - cell.count)
        }
        let text = filled.dropLast().map { $0 + "  " }.joined() + (cells.last.map(paint) ?? "")
        return text + "\n"
    }
}
