// SuppressCommand+Files.swift — `postrider suppress import` and `export`: the list as a file.

import ArgumentParser
import JSON

enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case csv
    case json

    /// By the end of the file's name; CSV where that tells nothing.
    init(of path: String) {
        self = path.lowercased().utf8.reversed().starts(with: ".json".utf8.reversed()) ? .json : .csv
    }

    var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .json: "application/json"
        }
    }
}

extension SuppressCommand {
    struct Import: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add the addresses of a file; exit status 0 if every row was right.",
            discussion: """
                CSV with a line of titles, address the only one that must be there; or JSON, as export writes it. What is \
                right is taken even if other rows are wrong.
                """)
        @Argument(help: "The file; - is standard input.") var file: String
        @Option(help: "csv or json; by default as the file's name ends.") var format: ListFormat?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            var request = APIRequest("POST", apiPath("suppressions", "import"))
            (request.body, request.isRepeatable) = (try InputFile.bytes(of: file), true)
            request.contentType = (format ?? ListFormat(of: file)).mediaType
            let document = try desk.client.document(request)
            try desk.printer.outline(document)
            guard document.object.objects("errors").isEmpty else { throw ExitCode.failure }
        }
    }

    struct Export: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Print the whole list, as CSV or JSON.")
        @Option(help: "csv or json; csv by default, json with --json.") var format: ListFormat?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let format = format ?? (desk.printer.isJSON ? .json : .csv)
            var query = Query()
            query.add("format", format.rawValue)
            let answer = try desk.client.answer(APIRequest("GET", query.path(apiPath("suppressions", "export"))))
            switch format {
            case .csv: try desk.printer.file(String(decoding: answer.body, as: UTF8.self))
            case .json: try desk.printer.json(answer.body.last == 0x0A ? answer.body.dropLast() : answer.body)
            }
        }
    }
}
