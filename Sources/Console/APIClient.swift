// APIClient.swift — asks a service's API, for commands that are run beside it or from afar.
//
// What does no harm is asked again: a refusal that came before anything was done (429, 503), and a request whose
// answer was lost if it can be repeated. A service that is not there at all is not waited for.

import Glibc
import JSON
import Settings
import Spelling

/// One blocking request at a time.
struct APIClient: Sendable {
    let address: ServiceAddress
    let key: ServiceKey?
    /// Sleeps between tries.
    var pause: @Sendable (Duration) -> Void = sleep
    /// Is told before each of them.
    var willTryAgain: @Sendable (String) -> Void = { _ in }

    private static let maximumTries = 5
    /// Who is told to come back later than that, does so by himself.
    private static let longestPause: Duration = .seconds(60)

    init(_ address: ServiceAddress, key: ServiceKey?) { (self.address, self.key) = (address, key) }

    /// At `http.listen`, with the root key of the settings if there is no other.
    init(_ settings: Settings, key: ServiceKey? = nil) throws {
        let root = try settings.rootKey.map { try ServiceKey($0, from: "root_key") }
        self.init(try ServiceAddress(settings.http), key: key ?? root)
    }

    /// The object in the answer. Throws what the service says is wrong, or why it could not be asked.
    func document(_ request: APIRequest) throws -> Document {
        let answer = try answer(request)
        guard let document = Document(answer.body) else { throw unreadable(answer, to: request) }
        return document
    }

    /// A successful answer, whatever its form.
    func answer(_ request: APIRequest) throws -> APIAnswer {
        let answer = try anyAnswer(request)
        guard answer.isSuccess else { throw refusal(answer, of: request) }
        return answer
    }

    /// Whatever the service answers at last.
    func anyAnswer(_ request: APIRequest) throws -> APIAnswer {
        var tries = 0
        while true {
            tries += 1
            do {
                let answer = try Exchange(request, at: address, key: key).perform()
                guard tries < Self.maximumTries, let wait = wait(after: answer, tries) else { return answer }
                willTryAgain("the service answers \(answer.status); trying again in \(wait.spelled)")
                pause(wait)
            } catch let failure as TransferFailure {
                guard tries < Self.maximumTries, isWorthAnotherTry(failure, of: request, tries) else {
                    throw described(failure)
                }
                willTryAgain("no answer; trying again in \(backoff(tries).spelled)")
                pause(backoff(tries))
            }
        }
    }

    /// Nil if asking again would not help, or would have to wait too long.
    private func wait(after answer: APIAnswer, _ tries: Int) -> Duration? {
        let isRunning = answer.status == 409 && Document(answer.body)?.object.text("code") == "idempotency_in_progress"
        guard answer.status == 429 || answer.status == 503 || isRunning else { return nil }
        let asked = answer.fields["retry-after"].flatMap { Duration(spelled: $0 + "s") }
        let wait = max(asked ?? .zero, backoff(tries))
        return wait <= Self.longestPause ? wait : nil
    }

    private func isWorthAnotherTry(_ failure: TransferFailure, of request: APIRequest, _ tries: Int) -> Bool {
        switch failure {
        // Gone between two tries: it may be starting again.
        case .unreachable: tries > 1
        case .lost: request.isRepeatable
        case .impossible: false
        }
    }

    private func backoff(_ tries: Int) -> Duration { .milliseconds(250 << tries) }

    func described(_ failure: TransferFailure) -> CommandFailure {
        switch failure {
        case .unreachable(let reason): CommandFailure("cannot ask \(address): \(reason); is it running?")
        case .lost(let reason): CommandFailure("no answer from \(address): \(reason)")
        case .impossible(let reason): CommandFailure("cannot ask \(address): \(reason)")
        }
    }
}

extension APIClient {
    func refusal(_ answer: APIAnswer, of request: APIRequest) -> any Error {
        guard let document = Document(answer.body), document.object["code"]?.string != nil else {
            return unreadable(answer, to: request)
        }
        return ServiceRefusal(document: document, status: answer.status)
    }

    func unreadable(_ answer: APIAnswer, to request: APIRequest) -> CommandFailure {
        CommandFailure("\(address)\(request.path) answers \(answer.status), and nothing that Postrider would say")
    }
}

/// The system's sleep; a signal that is handled does not shorten it.
@Sendable private func sleep(_ duration: Duration) {
    var rest = timespec(
        tv_sec: Int(duration.components.seconds), tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
    var left = timespec()
    while nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
}
