// Disposition.swift — what each reply and failure means, and for whom. No other file says.
//
// Three scopes, after Postfix's smtp_trouble.c: of the *host* (this server cannot serve us: ask the next one, leave this
// one alone), of the *message* (all its recipients), of the *recipient*. 2yz is delivered, 4yz deferred, 5yz bounced.
// A lost connection before the final dot is the host's; after it the message is in doubt: the host may have it
// (RFC 1047), so it is deferred, and never sent at once to the next host.

import Queue
import SMTP

/// What an attempt came to for one recipient; a value, never thrown.
enum Verdict: Sendable, Equatable {
    case delivered(reply: String)
    /// To be tried again, unless its lifetime is over.
    case deferred(reply: String)
    case bounced(Bounce)
    case failed(Failure)

    /// The reply, or in words what happened.
    var reply: String {
        switch self {
        case .delivered(let reply), .deferred(let reply): reply
        case .bounced(let bounce): bounce.message
        case .failed(let failure): failure.detail
        }
    }
}

/// What one transaction came to.
struct TransactionDisposition {
    /// Those whose fate in this attempt is decided, by index into the transaction's forward-paths.
    var verdicts: [(index: Int, verdict: Verdict)] = []
    /// Those to be sent in another transaction at once: the server had enough recipients in this one.
    var remaining: [Int] = []
    /// The host failed before the dot: those without a verdict try the next host.
    var hostFailure: HostFailure?
}

enum Disposition {
    // MARK: Scope of the host

    /// What it means that no session could be opened, or that one ended before the final dot. A 5yz is final only in
    /// the greeting or to EHLO, and not from a relay: what that says of us, as what is said of our credentials, is for
    /// the operator to mend, and the mail waits for it.
    static func hostFailure(_ failure: SMTPFailure, ofRelay isRelay: Bool = false) -> HostFailure {
        switch failure.kind {
        case .refused(let reply) where reply.isPermanent && !isRelay && [.greeting, .ehlo].contains(failure.stage):
            let code = reply.enhancedCode.map { "\($0)" }
            return HostFailure(kind: .permanent(replyCode: reply.code, enhancedCode: code), text: reply.excerpt)
        case .refused(let reply):
            return HostFailure(kind: .transient, text: reply.excerpt)
        case .tls, .cannotConnect, .timedOut, .lost, .protocolError:
            return HostFailure(kind: .transient, text: "\(failure)")
        }
    }

    /// The server was reached, but only in clear text, in which this message must not go.
    static func noTLS(isOffered: Bool) -> HostFailure {
        isOffered
            ? HostFailure(kind: .transient, text: "TLS is required, but the server could not be agreed with on it")
            : HostFailure(kind: .noTLS, text: "TLS is required, but the server does not offer STARTTLS")
    }

    /// No further host can be asked in this attempt.
    static func verdict(on attempt: DeliveryAttempt, concluded conclusion: Conclusion) -> Verdict {
        switch conclusion {
        case .impossible(let failure): return .failed(failure)
        case .unknown(let reason): return .deferred(reply: reason)
        case .hostsExhausted: break
        }
        guard let failure = attempt.lastFailure else { return .deferred(reply: "no host could be asked") }
        // Nothing is final while another host of the destination was out of reach.
        if attempt.hasMissedAnotherHost { return .deferred(reply: failure.text) }
        switch failure.kind {
        case .transient:
            return .deferred(reply: failure.text)
        case .noTLS:
            return .failed(Failure(reason: .tlsRequired, detail: failure.text, lastReply: nil))
        case .permanent(let code, let enhanced):
            return .bounced(
                BounceCategory.bounce(
                    code: code, enhancedCode: enhanced, text: failure.text, host: attempt.hop?.host,
                    isOfMailbox: false))
        }
    }

    // MARK: Scopes of the message and the recipient

    /// - hasMissedAnotherHost: another host of the destination was out of reach, which may offer what this one lacks.
    static func of(
        _ result: TransactionResult, host: String, hasMissedAnotherHost: Bool = false
    ) -> TransactionDisposition {
        var disposition = TransactionDisposition()
        // A refused MAIL or DATA, or a refused content, is said of the message: of every recipient still in it.
        let refusal = [result.mail, result.data, result.content].compactMap { $0 }.first {
            $0.isTransient || $0.isPermanent
        }
        // To MAIL, only the sender has been named.
        let isRefusedForOne = result.recipients.count == 1 && result.mail?.isPositive == true
        func verdict(on reply: Reply, isOfMailbox: Bool) -> Verdict {
            reply.isLocal && hasMissedAnotherHost
                ? .deferred(reply: reply.excerpt) : Self.verdict(on: reply, host: host, isOfMailbox: isOfMailbox)
        }
        for (index, recipient) in result.recipients.enumerated() {
            switch recipient {
            case .refused(let reply):
                disposition.verdicts.append((index, verdict(on: reply, isOfMailbox: true)))
            case .tooMany:
                disposition.remaining.append(index)
            case .accepted, .notTried:
                if result.isContentAccepted, recipient == .accepted, let reply = result.content {
                    disposition.verdicts.append((index, .delivered(reply: reply.excerpt)))
                } else if let refusal, !refusal.isOfHost {
                    disposition.verdicts.append((index, verdict(on: refusal, isOfMailbox: isRefusedForOne)))
                } else if result.isInDoubt, let failure = result.failure {
                    disposition.verdicts.append((index, .deferred(reply: "in doubt: \(failure)")))
                }
            }
        }
        if disposition.verdicts.count + disposition.remaining.count < result.recipients.count {
            disposition.hostFailure =
                result.failure.map { hostFailure($0) }
                ?? HostFailure(kind: .transient, text: refusal?.excerpt ?? "the server gave no answer")
        }
        return disposition
    }

    /// What we refuse in a server's place (`Reply.isLocal`) is refused for good like what it refuses itself. No other host
    /// is asked: the hosts of a destination offer the same, as a rule.
    private static func verdict(on reply: Reply, host: String, isOfMailbox: Bool) -> Verdict {
        guard reply.isPermanent else { return .deferred(reply: reply.excerpt) }
        return .bounced(
            BounceCategory.bounce(
                code: reply.code, enhancedCode: reply.enhancedCode.map { "\($0)" }, text: reply.excerpt, host: host,
                isOfMailbox: isOfMailbox))
    }
}

extension Reply {
    /// 421: the server is leaving. 530 to MAIL: the session lacks TLS (RFC 3207 §4) or AUTH (RFC 4954 §6).
    fileprivate var isOfHost: Bool { isClosing || code == 530 }

    /// Enough of it for people; a server may say 64 KiB to each recipient, and each would be kept and posted.
    fileprivate var excerpt: String {
        let text = description
        return text.utf8.count <= 1_024 ? text : String(decoding: text.utf8.prefix(1_024), as: UTF8.self) + "…"
    }
}
