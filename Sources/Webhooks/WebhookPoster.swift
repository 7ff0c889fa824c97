// WebhookPoster.swift — posts over libcurl: every transfer of the process on one thread of its own.
//
// The thread sleeps in curl_multi_poll until a socket is ready, one of curl's timers falls due, or `post` wakes it.
// curl keeps idle connections and reuses them; it does not limit how many are open, which is the callers' to do.

import Address
import CCurl
import Foundation
import Synchronization

package final class WebhookPoster: WebhookPosting {
    package struct Limits: Sendable {
        /// From the look-up of the name to the end of the answer.
        package var total: Duration = .seconds(15)
        package var connect: Duration = .seconds(10)
        /// Bytes of the answer's body that are handed on.
        package var keptBytes = 4 << 10
        /// Bytes of the answer, header and body each, after which it is cut off.
        package var answerBytes = 64 << 10
        /// Idle connections kept for the next post.
        package var idleConnections = 64
        package init() {}
    }

    /// The addresses of a host name, or in words why there are none.
    package typealias LookUp = @Sendable (_ host: String) async -> Addresses
    package enum Addresses: Sendable {
        case found([IPAddress])
        case none(reason: String)
    }

    private struct Inbox {
        var arrivals: [CurlTransfer.Order] = []
        var isStopped = false
    }

    private let inbox = Mutex(Inbox())
    private let policy: AddressPolicy
    private let limits: Limits
    private let lookUp: LookUp?
    /// Used by the poster's thread alone, but for curl_multi_wakeup, which any thread may call, and does so only with
    /// `inbox` locked and not stopped: the thread frees the handle after that.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer

    /// Starts the thread; `stop` ends it.
    /// - Parameters:
    ///   - policy: judges each address just before curl connects to it.
    ///   - lookUp: takes the place of the system's resolver.
    package init(policy: AddressPolicy, limits: Limits = Limits(), lookUp: LookUp? = nil) {
        precondition(Self.isCurlReady, "libcurl starts")
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl makes a multi handle") }
        curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.idleConnections)
        (self.multi, self.policy, self.limits, self.lookUp) = (multi, policy, limits, lookUp)
        let thread = Thread { [self] in run() }
        thread.name = "postrider.curl"
        thread.start()
    }

    package func post(_ post: WebhookPost) async -> PostResult {
        guard let lookUp, let host = EndpointHost(of: post.url), host.isName else { return await send(post, pin: nil) }
        let start = ContinuousClock.now
        let addresses = await lookUp(host.name)
        let passed = ContinuousClock.now - start
        switch addresses {
        case .none(let reason):
            return PostResult(
                status: nil, latency: passed, error: "the address of \(host.name) is not known: \(reason)")
        case .found(let addresses):
            var rest = post
            rest.timeout = (post.timeout ?? limits.total) - passed
            var result = await send(rest, pin: host.pin(to: addresses))
            result.latency += passed
            return result
        }
    }

    private func send(_ post: WebhookPost, pin: String?) async -> PostResult {
        await withCheckedContinuation { continuation in
            let isTaken = inbox.withLock { inbox in
                guard !inbox.isStopped else { return false }
                inbox.arrivals.append(CurlTransfer.Order(post: post, pin: pin, answer: continuation))
                curl_multi_wakeup(multi)
                return true
            }
            if !isTaken { continuation.resume(returning: .stopped) }
        }
    }

    /// Cuts off what is being posted, with an error as its result, and takes no more.
    package func stop() {
        inbox.withLock { inbox in
            guard !inbox.isStopped else { return }
            inbox.isStopped = true
            curl_multi_wakeup(multi)
        }
    }

    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

// The thread.
extension WebhookPoster {
    private func run() {
        var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        while true {
            let (arrivals, isStopped) = inbox.withLock { inbox in
                defer { inbox.arrivals = [] }
                return (inbox.arrivals, inbox.isStopped)
            }
            for order in arrivals {
                let transfer = CurlTransfer(order, policy: policy, limits: limits)
                transfers[transfer.easy] = transfer
                curl_multi_add_handle(multi, transfer.easy)
            }
            if isStopped { break }
            var running: CInt = 0
            curl_multi_perform(multi, &running)
            while let (easy, result) = nextFinished() {
                curl_multi_remove_handle(multi, easy)
                transfers.removeValue(forKey: easy)?.finish(result)
            }
            curl_multi_poll(multi, nil, 0, CInt.max, nil)
        }
        for (easy, transfer) in transfers {
            curl_multi_remove_handle(multi, easy)
            transfer.stop()
        }
        curl_multi_cleanup(multi)
    }

    private func nextFinished() -> (easy: UnsafeMutableRawPointer, result: CURLcode)? {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE {
                return (message.pointee.easy_handle, curl_message_result(message))
            }
        }
        return nil
    }
}

extension PostResult {
    static let stopped = PostResult(status: nil, latency: .zero, error: "the service stopped before an answer came")
}
