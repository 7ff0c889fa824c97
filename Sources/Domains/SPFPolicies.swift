// SPFPolicies.swift — the SPF records of a name (RFC 7208), read as far as can be without asking DNS more.
//
// Whether an `include` or a network lets us send cannot be told without following it as a receiver would; such a policy
// may be right: it differs, and has the benefit of the doubt.

import Mail

struct SPFPolicies {
    private let policies: [[UInt8]]

    /// Other texts are none of its business.
    init(among texts: [[UInt8]]) { policies = texts.filter(Self.isPolicy) }

    /// `sender`: a mechanism, such as `a:mx.acme.example`, lower case.
    func verdict(allowing sender: String) -> Verdict {
        let found = RecordText.shown(policies)
        guard let policy = policies.first else { return .missing }
        // §4.5: a permanent error for every receiver.
        guard policies.count == 1 else { return .differs(found, "there are several SPF records; leave only one") }
        let texts = policy.split(separator: UInt8(ascii: " ")).dropFirst()
        var terms: [SPFTerm] = []
        for text in texts {
            guard let term = SPFTerm(text) else {
                return .differs(
                    found, "receivers reject it as a whole: \"\(RecordText.shown(Array(text)))\" is no term")
            }
            terms.append(term)
        }
        if let fault = Self.fault(in: terms) { return .differs(found, "receivers reject it as a whole: \(fault)") }
        switch Self.passes(sender, terms) {
        case true?: return .ok(found)
        case false?: return .differs(found, "it does not let \(sender) send")
        case nil: return .unclear(found, "whether it lets \(sender) send, only receivers can tell")
        }
    }

    /// §4.5 — the version, and then a space or the end.
    private static func isPolicy(_ text: [UInt8]) -> Bool {
        let version = Array("v=spf1".utf8)
        return text.prefix(version.count).map(\.asciiLowercased) == version
            && (text.count == version.count || text[version.count] == UInt8(ascii: " "))
    }

    private static func fault(in terms: [SPFTerm]) -> String? {
        for name in ["redirect", "exp"] where terms.count(where: { $0 == .modifier(name: name) }) > 1 {
            return "it has \(name)= twice"  // §6
        }
        return terms.count(where: \.asksDNS) > 10 ? "it takes more than ten lookups" : nil  // §4.6.4
    }

    /// The first mechanism that matches decides (§4.6.2); nil if that may be one which cannot be judged here.
    private static func passes(_ sender: String, _ terms: [SPFTerm]) -> Bool? {
        var mayPass = false, mayFail = false
        for case .directive(let passes, let mechanism) in terms {
            if mechanism == sender || mechanism == "all" {
                let isCertain = passes ? !mayFail : !mayPass
                return isCertain ? passes : nil
            }
            if passes { mayPass = true } else { mayFail = true }
        }
        // Without `all`, what it redirects to decides (§6.1), else nothing passes (§4.7).
        return mayPass || terms.contains(.modifier(name: "redirect")) ? nil : false
    }
}
