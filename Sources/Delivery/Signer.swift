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
        case unreadableKey(selector: String, reason: String)

        package var description: String {
            switch self {
            case .unreadableKey(let selector, let reason): "the DKIM key \(selector) cannot be read: \(reason)"
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
    private let opened = Mutex<[Domain: OpenedKeys]>([:])

    /// Past this many domains all are forgotten: opening one again costs a millisecond.
    private static let maximumOpened = 1_000

    /// For the whole process, which they end with.
    private static let pool = NIOThreadPool._makePerpetualStartedPool(
        numberOfThreads: System.coreCount, threadNamePrefix: "signer-")

    /// - lifetime: of a message in the queue. A signature outlives it by two days, for the queues behind ours.
    package init(domains: SendingDomainDirectory, box: SecretBox, lifetime: Duration, clock: any WallClock) {
        (self.domains, self.box, self.clock) = (domains, box, clock)
        validity = lifetime + .days(2)
    }

    /// What a private key is sealed for (`SecretBox`).
    package static func purpose(ofKey selector: String, in domain: Domain) -> String {
        DKIMKeyRow.sealingPurpose(domain: domain, selector: selector)
    }

    /// The fields to put before the content, each with its CRLF; none if `domain` has no active key.
    func fields(for content: MessageContent, from domain: Domain?) async throws(Failure) -> [UInt8] {
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
        _ content: MessageContent, for domain: Domain, by rows: [DKIMKeyRow]
    ) throws(Failure) -> [UInt8] {
        precondition(MultiThreadedEventLoopGroup.currentEventLoop == nil, "a signature would hold up an event loop")
        let signer = try signer(for: domain, with: rows)
        let now = clock.now
        return signer.fields(
            for: content.bytes, bodyHash: content.bodyHash, signedAt: now.milliseconds / 1_000,
            expiresAt: (now + validity).milliseconds / 1_000)
    }

    private func signer(for domain: Domain, with rows: [DKIMKeyRow]) throws(Failure) -> DKIMSigner {
        if let known = opened.withLock({ $0[domain] }), known.hold(rows) { return known.signer }
        var keys: [DKIMKey] = []
        for row in rows { keys.append(DKIMKey(selector: row.selector, key: try open(row, of: domain))) }
        let signer = DKIMSigner(domain: domain, keys: keys)
        opened.withLock { opened in
            if opened.count >= Self.maximumOpened { opened.removeAll() }
            opened[domain] = OpenedKeys(rows: rows, signer: signer)
        }
        return signer
    }

    private func open(_ row: DKIMKeyRow, of domain: Domain) throws(Failure) -> SigningKey {
        do {
            return try SigningKey(
                pkcs8: box.open(row.sealedPrivateKey, for: Self.purpose(ofKey: row.selector, in: domain)))
        } catch {
            throw .unreadableKey(selector: row.selector, reason: "\(error)")
        }
    }
}
