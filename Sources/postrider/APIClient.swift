// APIClient.swift — asks the running service's API, for commands that are run beside it.

import Address
import CCurl
import Glibc
import JSON
import Settings

/// One blocking request at a time, at `http.listen`, with the root key if the settings have it.
struct APIClient {
    let origin: String
    private let key: String?

    init(_ settings: Settings) throws {
        let listen = settings.http.listen
        guard listen.port != 0 else { throw CommandFailure("http.listen has port 0: nobody knows where to ask") }
        (origin, key) = ("http://\(listen.reachable)", settings.rootKey)
    }

    /// The object in the answer. Throws what the service says is wrong, or why it could not be asked.
    func object(_ method: String, _ path: String, _ body: JSONObject? = nil) throws -> JSONObject {
        let exchange = try Exchange(method, origin + path, key: key, body: body.map { JSONValue.object($0).bytes })
        let status = try exchange.perform()
        guard let answer = try? JSONValue(parsing: exchange.answer), let object = answer.object else {
            throw CommandFailure("\(origin)\(path) answers \(status), and nothing that Postrider would say")
        }
        guard (200...299).contains(status) else { throw failure(object) }
        return object
    }

    private func failure(_ problem: JSONObject) -> CommandFailure {
        let hint = problem["code"]?.string == "unauthenticated" ? " Set root_key, as the service has it." : ""
        return CommandFailure((problem["detail"]?.string ?? "the service refused this") + hint)
    }
}

/// One request on an easy handle of libcurl.
private final class Exchange {
    private let easy: UnsafeMutableRawPointer
    private let url: String
    private let fields: UnsafeMutablePointer<curl_slist>?
    private(set) var answer: [UInt8] = []

    /// DNS may take its time when records are looked up.
    private static let timeoutSeconds = 90

    init(_ method: String, _ url: String, key: String?, body: [UInt8]?) throws {
        guard let easy = curl_easy_init() else { throw CommandFailure("libcurl does not start") }
        (self.easy, self.url) = (easy, url)
        let names = ["content-type: application/json", "expect:"] + (key.map { ["authorization: Bearer \($0)"] } ?? [])
        fields = names.reduce(nil) { curl_slist_append($0, $1) }
        set(CURLOPT_URL, url)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_PROTOCOLS_STR, "http")
        curl_easy_set_list(easy, CURLOPT_HTTPHEADER, fields)
        let body = body ?? []
        if method != "GET" {
            curl_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            set(CURLOPT_COPYPOSTFIELDS, String(decoding: body, as: UTF8.self))
        }
        set(CURLOPT_CUSTOMREQUEST, method)
        curl_easy_set_long(easy, CURLOPT_TIMEOUT, Self.timeoutSeconds)
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
        guard outcome == CURLE_OK else {
            throw CommandFailure("cannot ask \(url): \(String(cString: curl_easy_strerror(outcome))); is it running?")
        }
        var status = 0
        curl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private func set(_ option: CURLoption, _ value: String) { curl_easy_set_text(easy, option, value) }
}
