// Signer.swift — the DKIM-Signature fields of each message copy that leaves, made on threads of their own.
//
// A copy is signed with the keys that are active when it leaves, so that a retry after a change of keys is signed anew. Of
// a domain without active keys it costs a look into the directory, and no thread is changed. Opened keys are kept in
// memory until others have taken their place.

import Crypto
import DKIM
import Mail
import NIOCore
import NIOPosix
import Queue
import Synchronization

package final class Signer: Sendable {
    /// The copy must not leave: unsigned it would do harm to the domain that promised to sign.
    package enum Failure: Error, CustomStringConvertible {
        /// `isNews`: not said of this key within the last minute. A queue full of its mail would fill the log.
        case unreadableKey(selector: String, reason: String, isNews: Bool)

        var isNews: Bool {
            switch self {
            case .unreadableKey(_, _, let isNews): isNews
            }
        }

        package var description: String {
            switch self {
            case .unreadableKey(let selector, let reason, _): "the DKIM key \(selector) cannot be read: \(reason)"
            }
        }
    }

    /// A domain's keys as they were when they were opened.
    private struct OpenedKeys {
        let rows: [DKIMKeyRow]
        let signer: DKIMSigner

        func hold(_ others: [DKIMKeyRow]) -> Bool {
            rows.elementsEqual(others) { $0.selector == $1.selector && $0.sealedPrivateKey == $1.sealedPrivateKey }
        }
    }

    private let domains: SendingDomainDirectory
    private let box: SecretBox
    private let clock: any WallClock
    private let validity: Duration
    private let opened = Mutex<[SendingDomainName: OpenedKeys]>([:])
    /// When a key was last said to be unreadable, by what it is sealed in.
    private let complaints = Mutex<[String: Timestamp]>([:])

    /// Past this many domains another one makes room: opening its keys again costs a millisecond.
    private static let maximumOpened = 1_000

    /// For the whole process, which they end with.
    private static let pool = NIOThreadPool._makePerpetualStartedPool(
        numberOfThreads: System.coreCount, threadNamePrefix: "signer-")

    /// - lifetime: of a message in the queue. A signature outlives it by two days, for the queues behind ours.
    package init(domains: SendingDomainDirectory, box: SecretBox, lifetime: Duration, clock: any WallClock) {
        (self.domains, self.box, self.clock) = (domains, box, clock)
        validity = lifetime + .days(2)
    }

    /// The fields to put before the content, each with its CRLF; none if `domain` has no active key
    /// in its project: nobody signs with the keys of another.
    func fields(for content: MessageContent, from domain: SendingDomainName?) async throws(Failure) -> [UInt8] {
        guard let domain, let rows = domains[domain]?.activeKeys, !rows.isEmpty else { return [] }
        let result: Result<[UInt8], Failure> = await withUnsafeContinuation { continuation in
            Self.pool.submit { _ in
                continuation.resume(
                    returning: Result { () throws(Failure) in try self.sign(content, for: domain, by: rows) })
            }
        }
        return try result.get()
    }

    private func sign(
        _ content: MessageContent, for domain: SendingDomainName, by rows: [DKIMKeyRow]
    ) throws(Failure) -> [UInt8] {
        precondition(MultiThreadedEventLoopGroup.currentEventLoop == nil, "a signature would hold up an event loop")
        let signer = try signer(for: domain, with: rows)
        let now = clock.now
        return signer.fields(
            for: content.bytes, bodyHash: content.bodyHash, signedAt: now.milliseconds / 1_000,
            expiresAt: (now + validity).milliseconds / 1_000)
    }

    private func signer(for domain: SendingDomainName, with rows: [DKIMKeyRow]) throws(Failure) -> DKIMSigner {
        if let known = opened.withLock({ $0[domain] }), known.hold(rows) { return known.signer }
        var keys: [DKIMKey] = []
        for row in rows { keys.append(DKIMKey(selector: row.selector, key: try open(row, of: domain.domain))) }
        let signer = DKIMSigner(domain: domain.domain, keys: keys)
        opened.withLock { opened in
            // Keys of a deleted domain are destroyed with it: here too, if not at once.
            for gone in opened.keys.filter({ domains[$0] == nil }) { opened[gone] = nil }
            if opened.count >= Self.maximumOpened, let other = opened.keys.first { opened[other] = nil }
            opened[domain] = OpenedKeys(rows: rows, signer: signer)
        }
        return signer
    }

    private func open(_ row: DKIMKeyRow, of domain: Domain) throws(Failure) -> SigningKey {
        do {
            return try SigningKey(
                pkcs8: box.open(
                    row.sealedPrivateKey, for: DKIMKeyRow.sealingPurpose(domain: domain, selector: row.selector)))
        } catch {
            throw .unreadableKey(selector: row.selector, reason: "\(error)", isNews: isNews(row))
        }
    }

    private func isNews(_ row: DKIMKeyRow) -> Bool {
        let now = clock.now
        return complaints.withLock { complaints in
            if let last = complaints[row.sealedPrivateKey], last <= now, now < last + .minutes(1) { return false }
            complaints = complaints.filter { now < $0.value + .minutes(1) }
            complaints[row.sealedPrivateKey] = now
            return true
        }
    }
}
