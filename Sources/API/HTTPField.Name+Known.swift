// HTTPField.Name+Known.swift — names of header fields that are written down in the program.

import HTTPTypes

extension HTTPField.Name {
    static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is a token") }
        return name
    }
}
