// PathSuggestion.swift — "did you mean", also of paths: the route that one which leads nowhere most likely stands for.

import Spelling

/// What is asked of whoever may have meant `nearest`, to be put behind what was wrong.
func didYouMean(_ nearest: String?) -> String { nearest.map { " Did you mean \($0)?" } ?? "" }

/// The template of the route that is nearest to `path`; nil if none is near. Forgiven are a missing `/v1`, a slash too
/// many, and slips of the pen in any of the segments.
func nearestTemplate(to path: String, among templates: [String]) -> String? {
    let segments = path.split(separator: "/").map(String.init)
    // Routes have at most seven segments; nothing longer is a slip.
    guard (1...8).contains(segments.count) else { return nil }
    let readings = segments[0] == "v1" ? [segments] : [segments, ["v1"] + segments]
    var nearest: (template: String, slips: Int)?
    for template in templates {
        for reading in readings {
            guard let slips = slips(in: reading, readAs: template), slips < nearest?.slips ?? .max else { continue }
            nearest = (template, slips)
        }
    }
    return nearest?.template
}

/// How many of the segments are not quite those of the template; nil if it is another path.
private func slips(in segments: [String], readAs template: String) -> Int? {
    let wanted = template.split(separator: "/").map(String.init)
    guard wanted.count == segments.count else { return nil }
    var slips = 0
    for (segment, name) in zip(segments, wanted) where name.first != "{" && segment != name {
        guard suggestion(for: segment, among: [name]) != nil else { return nil }
        slips += 1
    }
    return slips
}
