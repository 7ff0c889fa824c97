// CurlLine.swift — an operation as a command to paste into a shell.

import JSON

extension OpenAPIDescription {
    func curlLine(for operation: Operation) -> String {
        var words = ["curl"]
        // What curl does by itself.
        let implied = operation.contents.isEmpty ? "GET" : "POST"
        if operation.method != implied { words.append("-X \(operation.method)") }
        let server = self["servers"].elements.first?["url"].string ?? ""
        words.append(shellQuoted(server + path(of: operation)))
        var line = [words.joined(separator: " ")]
        if needsKey(operation) { line.append("-H \"Authorization: Bearer $POSTRIDER_KEY\"") }
        if let json = operation.contents.first(where: { $0.name == "application/json" }) {
            line.append("-H 'Content-Type: application/json'")
            line.append("-d \(shellQuoted(String(decoding: firstExample(of: json.value).bytes, as: UTF8.self)))")
        }
        return line.joined(separator: " \\\n  ")
    }

    /// With examples in place of the names in it, and the parameters that must be there.
    private func path(of operation: Operation) -> String {
        var path = operation.path
        for parameter in operation.parameters where parameter["in"].string == "path" {
            guard let name = parameter["name"].string, let example = example(of: parameter) else { continue }
            path = path.replacing("{\(name)}", with: example)
        }
        let needed = operation.parameters.filter { $0["in"].string == "query" && $0["required"].bool == true }
        let query = needed.compactMap { parameter in
            parameter["name"].string.map { "\($0)=\(example(of: parameter) ?? "")" }
        }
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }

    private func example(of parameter: JSONValue) -> String? {
        let schema = resolved(parameter["schema"])
        let example = parameter["example"].isNull ? schema["examples"].elements.first : parameter["example"]
        return example?.string ?? example?.number?.text
    }

    private func firstExample(of content: JSONValue) -> JSONValue {
        content["examples"].members.first.map { resolved($0.value)["value"] } ?? .object(JSONObject())
    }
}

/// One word for a POSIX shell, whatever is in it.
func shellQuoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~/:@%+=,".utf8.contains(byte)
    }
    return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: #"'\''"#))'"
}
