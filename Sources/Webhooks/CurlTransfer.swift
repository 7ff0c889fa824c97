// CurlTransfer.swift — one POST as an easy handle of libcurl, with all that curl is told to do and not to do.
//
// Lives on the poster's thread. Nothing here may block: all transfers share that thread.

import Address
import CCurl
import Glibc
import Queue

final class CurlTransfer {
    /// A post and who waits for its result.
    struct Order: Sendable {
        let post: WebhookPost
        /// As CURLOPT_RESOLVE takes it; nil: curl looks the name up.
        var pin: String?
        let answer: CheckedContinuation<PostResult, Never>
    }

    let easy: UnsafeMutableRawPointer
    private let order: Order
    private let policy: AddressPolicy
    private let limits: WebhookPoster.Limits
    private let isPlain: Bool
    private let headers: UnsafeMutablePointer<curl_slist>?
    /// Addresses for the URL's name, in place of curl's own look-up.
    private let pins: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var headerBytes = 0
    private var bodyBytes = 0
    private var bodyPrefix: [UInt8] = []
    private var answerHeaders: [(name: String, value: String)] = []
    private var refusedAddress: IPAddress?

    init(_ order: Order, policy: AddressPolicy, limits: WebhookPoster.Limits) {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl makes an easy handle") }
        (self.easy, self.order, self.policy, self.limits) = (easy, order, policy, limits)
        isPlain = !order.post.url.lowercased().utf8.starts(with: "https:".utf8)
        // An empty `expect` keeps curl from waiting for "100 Continue" before a long body.
        headers = (order.post.headers + ["expect:"]).reduce(nil) { curl_slist_append($0, $1) }
        pins = order.pin.map { curl_slist_append(nil, $0) } ?? nil
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setRequest()
        setBounds()
        setCallbacks()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(pins)
        errorText.deallocate()
    }

    private func setRequest() {
        set(CURLOPT_URL, order.post.url)
        curl_easy_set_list(easy, CURLOPT_HTTPHEADER, headers)
        if pins != nil { curl_easy_set_list(easy, CURLOPT_RESOLVE, pins) }
        curl_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(order.post.body.count))
        order.post.body.withUnsafeBytes { body in
            let text = body.baseAddress?.assumingMemoryBound(to: CChar.self)
            precondition(curl_easy_set_text(easy, CURLOPT_COPYPOSTFIELDS, text) == CURLE_OK)
        }
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    }

    /// What the endpoint's owner must not make us do. By default redirects, cookies and .netrc are
    /// off and certificates are verified.
    private func setBounds() {
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PROXY, "")  // Not even one from the environment: the address check would see the proxy's.
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        let total = order.post.timeout ?? limits.total
        set(CURLOPT_TIMEOUT_MS, max(1, Int(total.wholeMilliseconds)))  // 0 would be no bound at all.
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(limits.connect.wholeMilliseconds))
        set(CURLOPT_NOSIGNAL, 1)
        // Without this a transfer that times out in its name look-up would hold up all others until the resolver
        // gives up.
        set(CURLOPT_QUICK_EXIT, 1)
    }

    private func setCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        curl_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        curl_easy_set_pointer(easy, CURLOPT_WRITEDATA, me)
        curl_easy_set_write_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            CurlTransfer.from(me)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        curl_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
        curl_easy_set_write_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            CurlTransfer.from(me)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        curl_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
        curl_easy_set_socket_function(easy) { me, _, address in
            guard let transfer = CurlTransfer.from(me), let address else { return CURL_SOCKET_BAD }
            return transfer.openSocket(to: address)
        }
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlTransfer? {
        pointer.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        precondition(curl_easy_set_long(easy, option, value) == CURLE_OK)
    }

    private func set(_ option: CURLoption, _ value: String) {
        precondition(curl_easy_set_text(easy, option, value) == CURLE_OK)
    }
}

// What curl calls. A count other than the one it came with makes it give up the transfer.
extension CurlTransfer {
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        bodyBytes += bytes.count
        bodyPrefix += bytes.prefix(limits.keptBytes - bodyPrefix.count)
        return isBodyCutOff ? 0 : bytes.count
    }

    private var isBodyCutOff: Bool { bodyBytes > limits.answerBytes }

    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        guard headerBytes <= limits.answerBytes else { return 0 }
        if order.post.keepsHeaders { keepHeader(line) }
        return line.count
    }

    /// A status line begins the fields of the next answer: interim ones come before the last (RFC 9110 §15.2).
    private func keepHeader(_ line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) { answerHeaders = [] }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line.starts(with: "HTTP/".utf8) else { return }
        let value = line[(colon + 1)...].drop { $0 <= 0x20 }
        let end = value.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? value.startIndex
        answerHeaders.append(
            (
                String(decoding: line[..<colon], as: UTF8.self).lowercased(),
                String(decoding: value[..<end], as: UTF8.self)
            ))
    }

    /// The one place where a post's real address is seen: after the look-up, before the first packet.
    private func openSocket(to address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let family = address.pointee.family, type = address.pointee.socktype, number = address.pointee.protocol
        let target = withUnsafePointer(to: &address.pointee.addr) { IPAddress($0) }
        guard let target, policy.permits(target), !isPlain || policy.opens(target) else {
            refusedAddress = target
            return CURL_SOCKET_BAD
        }
        return socket(family, type | CInt(SOCK_CLOEXEC.rawValue), number)
    }
}

// The end.
extension CurlTransfer {
    func finish(_ result: CURLcode) {
        var result = PostResult(status: nil, latency: latency, error: error(for: result), bodyPrefix: bodyPrefix)
        result.headers = answerHeaders
        if result.error == nil {
            var status = 0
            curl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            result.status = status
            var seconds: curl_off_t = 0
            curl_easy_get_size(easy, CURLINFO_RETRY_AFTER, &seconds)
            if seconds > 0 { result.retryAfter = .seconds(seconds) }
        }
        order.answer.resume(returning: result)
    }

    func stop() { order.answer.resume(returning: .stopped) }

    private var latency: Duration {
        var microseconds: curl_off_t = 0
        curl_easy_get_size(easy, CURLINFO_TOTAL_TIME_T, &microseconds)
        return .microseconds(microseconds)
    }

    private func error(for result: CURLcode) -> String? {
        // Its status had come before the body that went on for too long: the endpoint has answered.
        if result == CURLE_OK || result == CURLE_WRITE_ERROR && isBodyCutOff { return nil }
        if result == CURLE_WRITE_ERROR { return "the answer's header is longer than \(limits.answerBytes) bytes" }
        if result == CURLE_COULDNT_CONNECT, let refusedAddress {
            let rule = policy.permits(refusedAddress) ? "http:// needs it there" : "it is not public"
            return "the address \(refusedAddress) is not in webhooks.allow_networks, and \(rule)"
        }
        let text = String(cString: errorText)
        return text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
    }
}
