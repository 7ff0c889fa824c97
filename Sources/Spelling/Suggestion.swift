// Suggestion.swift — "did you mean": the known name that is nearest to an unknown one.

/// The name among `known` that `name` most likely stands for; nil if none is near. Case, `_` and `-` do not count, so
/// that `replyTo` finds `reply_to`; beyond that a third of the letters may be wrong. Else one that begins with the same word:
/// `expires_in` finds `expires_after`, and `TextBody` finds `text`.
package func suggestion(for name: String, among known: [String]) -> String? {
    let letters = significantLetters(name)
    // Nothing that long is a slip of the pen, and the distance is quadratic.
    guard (1...40).contains(letters.count) else { return nil }
    let nearest = known.map { ($0, editDistance(letters, significantLetters($0))) }.min { $0.1 < $1.1 }
    if let (candidate, distance) = nearest, distance <= max(1, candidate.utf8.count / 3) { return candidate }
    let word = firstWord(name)
    return known.first { firstWord($0) == word }
}

/// In lower case; `_`, `-` and a capital begin the next.
private func firstWord(_ name: String) -> [UInt8] {
    let rest = name.utf8.dropFirst()
    let end = rest.firstIndex { "_-".utf8.contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    return significantLetters(String(name[..<(end ?? name.endIndex)]))
}

private func significantLetters(_ name: String) -> [UInt8] {
    name.utf8.compactMap { byte in
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"): nil
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: byte
        }
    }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
