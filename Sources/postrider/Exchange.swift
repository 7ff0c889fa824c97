// Exchange.swift — one blocking request to the running service, by libcurl.

import CCurl
import Crypto
import TLS

/// One request on an easy handle of libcurl.
final class Exchange {
    private let easy: UnsafeMutableRawPointer
    private let url: String
    private let fields: UnsafeMutablePointer<curl_slist>?
    private(set) var answer: [UInt8] = []

    /// - timeoutSeconds: DNS may take its time when records are looked up.
    init(_ method: String, _ url: String, key: String? = nil, body: [UInt8]? = nil, timeoutSeconds: Int = 90) throws {
        guard let easy = curl_easy_init() else { throw CommandFailure("libcurl does not start") }
        (self.easy, self.url) = (easy, url)
        let names = ["content-type: application/json", "expect:"] + (key.map { ["authorization: Bearer \($0)"] } ?? [])
        fields = names.reduce(nil) { curl_slist_append($0, $1) }
        set(CURLOPT_URL, url)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        curl_easy_set_headers(easy, fields)
        let body = body ?? []
        if method != "GET" {
            curl_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            set(CURLOPT_COPYPOSTFIELDS, String(decoding: body, as: UTF8.self))
        }
        set(CURLOPT_CUSTOMREQUEST, method)
        curl_easy_set_long(easy, CURLOPT_TIMEOUT, timeoutSeconds)
        curl_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        curl_easy_set_write_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            guard let me else { return 0 }
            let exchange = Unmanaged<Exchange>.fromOpaque(me).takeUnretainedValue()
            exchange.answer += UnsafeRawBufferPointer(start: bytes, count: size * count)
            return size * count
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(fields)
    }

    /// Returns the status, with `answer` complete.
    func perform() throws -> Int {
        let outcome = curl_easy_perform(easy)
        guard outcome != CURLE_SSL_PINNEDPUBKEYNOTMATCH else {
            throw CommandFailure(
                "\(url) shows another certificate than http.tls_certificate; send the service SIGHUP if that is new")
        }
        guard outcome == CURLE_OK else {
            throw CommandFailure("cannot ask \(url): \(String(cString: curl_easy_strerror(outcome))); is it running?")
        }
        var status = 0
        curl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private func set(_ option: CURLoption, _ value: String) { curl_easy_set_text(easy, option, value) }
}

// MARK: - Whom to believe

extension Exchange {
    /// Before `perform`: believes the holder of a certificate's private key, and nobody else, whatever its name is. The
    /// listener's address is mostly not what the certificate is for.
    func trust(pin: String) throws {
        guard curl_easy_set_text(easy, CURLOPT_PINNEDPUBLICKEY, pin) == CURLE_OK else {
            throw CommandFailure("this libcurl cannot tell whether it speaks with the service")
        }
        trustAnybody()
    }

    /// To ask what is no secret.
    func trustAnybody() {
        curl_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
        curl_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }

    /// The hash of its public key, as curl takes it.
    static func pin(ofCertificate path: String) throws(CommandFailure) -> String {
        do throws(TLSError) {
            return "sha256//" + Base64.encode(SHA256.digest(of: try ServerIdentity.publicKey(inCertificate: path)))
        } catch { throw CommandFailure("http.tls_certificate: \(error)") }
    }
}
