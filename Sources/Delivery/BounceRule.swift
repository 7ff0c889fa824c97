// BounceRule.swift — the table that gives refusals their categories: read from the top, the first row that fits decides.
//
// Words come before codes, as servers take more care with them. See RFC 3463 and the IANA registry of enhanced status codes;
// the words are those of the servers that most mail goes to (BounceCategoryTests has their replies).

struct BounceRule: Sendable {
    let category: BounceCategory
    /// Subject and detail of the enhanced code, one of which must fit: `?` is a digit, a final `*` any rest, empty is no code.
    var codes: [String] = []
    var replies: [Int] = []
    /// One must be there; in lower case.
    var words: [String] = []

    fileprivate init(_ category: BounceCategory, codes: [String] = [], replies: [Int] = [], words: [String] = []) {
        (self.category, self.codes, self.replies, self.words) = (category, codes, replies, words)
    }

    func fits(_ refusal: RefusalWords) -> Bool {
        (codes.isEmpty || codes.contains { refusal.code.fits($0) })
            && (replies.isEmpty || replies.contains(refusal.replyCode))
            && (words.isEmpty || words.contains { refusal.contain($0) })
    }
}

extension BounceRule {
    static let table = misleading + said + coded + vague

    /// Of the sender or the session, in words that are also used of recipients.
    private static let misleading: [BounceRule] = [
        // Exchange Online: an address that is not in the directory (its edge blocking says "access denied" for it).
        BounceRule(.invalidRecipient, codes: ["4.1"], words: ["recipient address rejected: access denied"]),
        // Exchange Online: the recipient's own list.
        BounceRule(.policy, codes: ["7.513"]),
        // Exchange: a group that only its own people write to.
        BounceRule(.policy, words: ["rst.sendernotauthenticated", "rst.authrequired", "rst.notauthorized"]),
        BounceRule(.tlsRequired, codes: ["7.10", "7.11", "7.30"]),
        BounceRule(
            .tlsRequired,
            words: [
                "must issue a starttls", "must issue starttls", "starttls first", "starttls is required",
                "tls required",
                "tls is required", "requires tls", "must use tls", "over tls", "using a tls", "encryption required",
                "encryption is required", "encryption needed", "requires encryption",
            ]),
        BounceRule(
            .authFailed,
            codes: ["7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.29", "7.509", "7.515", "7.57"]),
        BounceRule(
            .authFailed,
            words: [
                "dmarc", "dkim", "spf check", "spf fail", "spf validation", "spf record", "spf hard", "failed spf",
                "sender policy framework", "unauthenticated", "was not authenticated", "not authenticated to",
                "anti-spoofing", "authentication level", "authentication checks", "ptr record", "reverse dns",
                "reverse hostname", "find your hostname", "no rdns", "rdns missing",
            ]),
        BounceRule(.relayDenied, codes: ["7.64"]),
        BounceRule(
            .relayDenied,
            words: [
                "relay access denied", "relaying denied", "relay denied", "relay not permitted",
                "relaying not permitted",
                "permitted to relay", "unable to relay", "relaying not allowed", "relay not allowed", "not relay",
                "relaying prohibited", "relay prohibited", "relaying disallowed", "allowed rcpthosts",
                "authorized to relay", "open relay",
            ]),
        BounceRule(
            .reputationBlocked,
            words: [
                "reputation", "spamhaus", "barracudacentral", "spamcop", "sorbs", "uceprotect", "dnsbl", " rbl", "rbl ",
                "blacklist", "black list", "black-list", "blocklist", "block list", "block-list", "blocked using",
                "denylist", "banned sending", "banned sender", "ipcheck.proofpoint", "blocked - see http",
                "rate of unsolicited", "send email directly", "dynamic ip", "dialup", "is listed", "listed at",
                "listed by", "listing in", "traffic not accepted from this ip",
            ]),
        BounceRule(
            .reputationBlocked,
            codes: ["7.502", "7.503", "7.511", "7.60?", "7.61?", "7.62?", "7.63?", "7.64?", "7.708"]),
        BounceRule(
            .rateLimited,
            words: [
                "rate limit", "too quickly", "at a rate", "too many messages", "too many connections",
                "too many emails",
                "too many recipients", "sending limit", "daily limit", "hourly limit", "message limit",
                "number of messages", "frequency limit", "thread limit", "throttl", "permitted limits", "mail flood",
            ]),
        BounceRule(.spam, codes: ["7.501"]),
        BounceRule(
            .spam,
            words: [
                "unsolicited", "as spam", "spam message", "spam content", "spam score", "considered spam",
                "looks like spam",
                "like spam", "probability of spam", "is spam", "spam detected", "spam rejected", "bulk mail",
                "spam abuse",
            ]),
        BounceRule(.contentRejected, words: ["virus", "malware", "phish"]),
        BounceRule(
            .policy,
            words: [
                "sender address rejected", "sender rejected", "sender address", "sender verif", "sender domain",
                "sender's domain", "domain of sender", "invalid sender", "sender invalid", "envelope sender",
                "outbound sender", "blocked sender", "verification failed for", "callout", "helo", "ehlo",
                "your account",
                "return path", "reverse-path", "your sending domain", "from address rejected", "not in allowed-senders",
            ]),
    ]

    /// What a reply says is so, whatever its code.
    private static let said: [BounceRule] = [
        BounceRule(
            .dns,
            words: [
                "domain does not exist", "domain doesn't exist", "domain not found", "host not found",
                "host unknown", "unknown host", "name service error", "nxdomain", "no mx record",
                "domain name not found",
            ]),
        BounceRule(
            .mailboxFull,
            words: [
                "mailbox full", "mailbox is full", "mailbox has exceeded", "mailbox size limit", "mailbox quota",
                "mailfolder is full", "inbox is full", "over quota", "overquota", "over the quota", "quota exceeded",
                "quotaexceeded", "exceeded quota", "exceeds quota", "exceeded its quota", "exceeded storage",
                "out of storage", "storage quota", "over its quota", "recipient storage full",
                "mailbox would exceed",
            ]),
        BounceRule(
            .messageTooLarge,
            words: [
                "message size exceeds", "exceeds fixed", "message too large", "message too big", "size limit",
                "message is too large", "message is too big", "maximum message size", "exceeds size", "exceeded size",
                "length exceeds", "recipsizelimit", "message exceeds", "size exceeded",
            ]),
        BounceRule(
            .mailboxDisabled,
            words: [
                "mailbox disabled", "mailbox is disabled", "account disabled", "account is disabled",
                "accountdisabled", "account has been disabled", "reach is disabled", "user disabled",
                "disabled or discontinued", "mailbox is inactive", "account is inactive", "account inactive",
                "reach is inactive", "user is inactive", "inactive user", "deactivated", "mailbox is frozen",
                "account suspended", "account has been suspended", "user suspended", "account closed",
                "account has been closed", "account expired", "no longer active", "no longer in use", "no longer valid",
                "no longer on server", "no longer accepts mail", "mailbox unused", "discontinued",
            ]),
        BounceRule(
            .invalidRecipient,
            words: [
                "user unknown", "unknown user", "user is unknown", "user not found", "user doesn't exist",
                "user does not exist", "user doesn't have", "user does not have",
                "no such user", "no such recipient", "no such mailbox", "no such address", "no such account",
                "no such person", "no such email", "no such local", "no mailbox here", "no mailbox by",
                "unknown recipient", "recipient unknown", "recipient not found", "recipientnotfound",
                "recipient does not exist", "invalid recipient", "recipient cannot be verified", "unknown mailbox",
                "mailbox unknown", "mailbox not found", "mailbox does not exist", "mailbox doesn't exist",
                "invalid mailbox", "not a valid mailbox", "unknown address", "address unknown", "address not found",
                "address does not exist", "address doesn't exist", "unknown local", "unknown account",
                "account not found", "account does not exist", "account doesn't exist", "reach does not exist",
                "invalid user", "not a known user", "not a valid user", "not a valid recipient", "no valid recipient",
                "unrouteable address", "unroutable address", "bad destination mailbox", "not our customer",
                "not listed in", "#5.1.0 address rejected", "#5.1.1", "recipient address is not a valid",
            ]),
        // The reply that RFC 5321 gives to 550 as an example; Outlook.com says it, with 5.5.0, of unknown users.
        BounceRule(
            .invalidRecipient, codes: ["", "1.*", "2.0", "5.0"], replies: [550],
            words: ["mailbox unavailable", "mailbox is unavailable", "mailbox not available"]),
        BounceRule(
            .contentRejected,
            words: [
                "due to content", "content rejected", "message content", "content denied", "prohibited content",
                "executable", "security issue", "banned file", "illegal content", "attachment",
            ]),
        BounceRule(
            .policy,
            words: [
                "local policy", "policy reason", "policy violation", "administrative prohibition", "security polic",
            ]),
        BounceRule(.timeout, words: ["timed out", "timeout"]),
        BounceRule(
            .connection,
            words: ["connection refused", "no route to host", "network is unreachable", "unable to connect"]),
    ]

    /// RFC 3463 §3, RFC 7372, RFC 7505, and what Exchange Online has added.
    private static let coded: [BounceRule] = [
        BounceRule(.invalidRecipient, codes: ["1.1", "1.3", "1.4", "1.6", "1.10"]),
        BounceRule(.dns, codes: ["1.2", "4.3", "4.4", "4.310", "4.312"]),
        BounceRule(.policy, codes: ["1.7", "1.8", "1.9", "3.2"]),
        BounceRule(.mailboxDisabled, codes: ["2.1"]),
        BounceRule(.mailboxFull, codes: ["2.2", "3.1"]),
        BounceRule(.messageTooLarge, codes: ["2.3", "3.4", "7.16"]),
        BounceRule(.protocol, codes: ["3.3", "3.5", "4.6", "4.14"]),
        BounceRule(.rateLimited, codes: ["4.5", "5.3", "1.90", "7.28", "7.508", "7.705"]),
        BounceRule(.timeout, codes: ["4.7"]),
        BounceRule(.connection, codes: ["4.1", "4.2", "4.316", "4.317"]),
        BounceRule(.protocol, codes: ["5.*", "6.3", "6.5", "6.7", "6.8", "6.9", "6.10"]),
        BounceRule(.contentRejected, codes: ["6.*"]),
        BounceRule(.authFailed, codes: ["7.8", "7.9", "7.13", "7.14"]),
    ]

    /// When neither words nor code were clear.
    private static let vague: [BounceRule] = [
        BounceRule(.spam, words: ["spam"]),
        BounceRule(.authFailed, replies: [530, 534, 535, 538]),
        BounceRule(.policy, codes: ["7.*"]),
        BounceRule(.policy, words: ["policy", "access denied", "prohibited", "not authorized", "blocked", "refused"]),
        BounceRule(.messageTooLarge, codes: [""], replies: [552]),
        BounceRule(.invalidRecipient, codes: [""], replies: [551]),
        BounceRule(.spam, codes: [""], replies: [541]),
        BounceRule(.protocol, codes: [""], replies: [500, 501, 502, 503, 504, 555]),
        BounceRule(.policy, codes: [""], replies: [521, 554, 556, 571]),
    ]
}

extension String {
    fileprivate func fits(_ pattern: String) -> Bool {
        var rest = utf8[...]
        for byte in pattern.utf8 {
            if byte == UInt8(ascii: "*") { return true }
            guard let next = rest.popFirst() else { return false }
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
            guard next == byte || byte == UInt8(ascii: "?") && isDigit else { return false }
        }
        return rest.isEmpty
    }
}
