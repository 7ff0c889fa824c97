// Exchange.swift — one request and its answer, on an easy handle of libcurl. Blocks.

import CCurl

/// Why there is no answer.
enum TransferFailure: Error {
    /// There was no connection: nothing has been asked.
    case unreachable(String)
    /// The connection ended in between: what was asked may have been done.
    case lost(String)
    /// Trying again would not help.
    case impossible(String)

    fileprivate init(_ code: CURLcode, _ text: String) {
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: self = .unreachable(text)
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT,
            CURLE_ABORTED_BY_CALLBACK:
            self = .lost(text)
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .impossible(
                "it shows another certificate than http.tls_certificate; send the service SIGHUP if that is new")
        default: self = .impossible(text)
        }
    }
}

final class Exchange {
    /// Takes the body of a 200 as it comes; what it throws ends the exchange.
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    private let easy: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var fields: [String: String] = [:]
    /// Whether the empty line has come that ends the fields.
    private var hasWholeHead = false
    private var sink: Sink?
    private var callerFailure: (any Error)?
    private var lastByteAt = ContinuousClock.now
    private var longestSilence: Duration?
    private var check: () throws -> Void = {}

    private static let connectSeconds = 10
    /// The slowest line that a long body may come over without its time running out.
    private static let slowestBytesPerSecond = 32 << 10

    init(_ request: APIRequest, at address: ServiceAddress, key: ServiceKey?) throws {
        guard let easy = curl_easy_init() else { throw CommandFailure("libcurl does not start") }
        self.easy = easy
        let fields = Self.fields(of: request) + (key.map { ["authorization: Bearer \($0.text)"] } ?? [])
        headers = fields.reduce(nil) { curl_slist_append($0, $1) }
        set(CURLOPT_URL, address.description + request.path)
        set(CURLOPT_PROXY, "")  // A key is for the service, not for whatever proxy the environment names.
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        let seconds = Int(request.patience.components.seconds) + (request.body?.count ?? 0) / Self.slowestBytesPerSecond
        set(CURLOPT_TIMEOUT, seconds)
        curl_easy_set_list(easy, CURLOPT_HTTPHEADER, headers)
        if request.method != "GET" { setBody(request.body ?? []) }
        set(CURLOPT_CUSTOMREQUEST, request.method)
        setCallbacks()
        try trust(address.trust)
    }

    private func trust(_ trust: ServiceAddress.Trust) throws(CommandFailure) {
        switch trust {
        case .authorities: return
        case .pin(let pin):
            guard curl_easy_set_text(easy, CURLOPT_PINNEDPUBLICKEY, pin) == CURLE_OK else {
                throw CommandFailure("this libcurl cannot tell whether it speaks with the service")
            }
        case .anybody: break
        }
        set(CURLOPT_SSL_VERIFYPEER, 0)
        set(CURLOPT_SSL_VERIFYHOST, 0)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
    }

    /// A name with nothing behind it keeps curl from sending that field of its own.
    private static func fields(of request: APIRequest) -> [String] {
        [request.body == nil ? "content-type:" : "content-type: \(request.contentType)", "expect:"]
            + ["user-agent: postrider"] + request.fields
    }

    /// curl keeps a copy.
    private func setBody(_ body: [UInt8]) {
        curl_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        body.withUnsafeBytes { bytes in
            _ = curl_easy_set_text(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
    }

    private func set(_ option: CURLoption, _ value: String) { curl_easy_set_text(easy, option, value) }
    private func set(_ option: CURLoption, _ value: Int) { curl_easy_set_long(easy, option, value) }
}

extension Exchange {
    /// The whole answer.
    func perform() throws(TransferFailure) -> APIAnswer {
        let outcome = curl_easy_perform(easy)
        guard outcome == CURLE_OK else { throw TransferFailure(outcome, String(cString: curl_easy_strerror(outcome))) }
        // curl is content with a part of the head.
        guard hasWholeHead else { throw .lost("the answer was cut off") }
        return APIAnswer(status: status, body: body, fields: fields)
    }

    /// Feeds a body that comes as long as it likes, if the status is 200, to `sink`; any other answer is returned whole,
    /// and a 200 without its body once the service has ended it. Throws `TransferFailure`, also when nothing at all has
    /// come for `silence`, and whatever `sink` throws, or `check`, which is called about once a second.
    func stream(
        silence: Duration, check: @escaping () throws -> Void, into sink: @escaping Sink
    ) throws -> APIAnswer {
        (self.sink, self.check) = (sink, check)
        (longestSilence, lastByteAt) = (silence, .now)
        set(CURLOPT_TIMEOUT, 0)
        set(CURLOPT_NOPROGRESS, 0)
        let answer = Result { try perform() }
        if let callerFailure { throw callerFailure }
        return try answer.get()
    }

    private var status: Int {
        var status = 0
        curl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }
}

// What curl calls. A count other than the one it came with, and a progress other than 0, make it give up.
extension Exchange {
    private func setCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        curl_easy_set_pointer(easy, CURLOPT_WRITEDATA, me)
        curl_easy_set_write_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            Exchange.from(me)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        curl_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
        curl_easy_set_write_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            Exchange.from(me)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        curl_easy_set_pointer(easy, CURLOPT_XFERINFODATA, me)
        curl_easy_set_progress_function(easy) { me, _, _, _, _ in Exchange.from(me)?.mayGoOn == true ? 0 : 1 }
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
        pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastByteAt = .now
        guard let sink, status == 200 else {
            body += bytes
            return bytes.count
        }
        do {
            try sink(bytes)
            // What the sink took its time for was no silence of the service.
            lastByteAt = .now
            return bytes.count
        } catch {
            callerFailure = error
            return 0
        }
    }

    /// One line each time, the status line too.
    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        hasWholeHead = bytes.first == 0x0D || bytes.first == 0x0A
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let value = String(decoding: bytes[bytes.index(after: colon)...], as: UTF8.self)
            let name = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
            fields[name] = value.printable.drop { $0 == " " }.split(separator: " ").joined(separator: " ")
        }
        return bytes.count
    }

    private var mayGoOn: Bool {
        do { try check() } catch {
            callerFailure = error
            return false
        }
        return !isSilentForTooLong
    }

    private var isSilentForTooLong: Bool { longestSilence.map { .now - lastByteAt > $0 } ?? false }
}
