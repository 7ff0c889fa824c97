// Settings.swift — everything an operator can set, with its default.
//
// The names that operators write, and what each setting means, are in Setting+All.swift. Read once at the start, never
// changed while running.

import Address
import Logging
import Spelling

package struct Settings: Sendable, Equatable {
    /// The EHLO name and the Message-ID domain of last resort. Nil: this machine's, `HostName.ofThisMachine()`.
    package var hostname: String?
    /// The bearer key with every scope. Nil: the one that the first start made.
    package var rootKey: String?
    /// 32 bytes in base64: what seals the secrets in the store. Nil: the one that the first start made.
    package var masterKey: String?
    /// The domain of the reverse-paths that we make, one for each recipient. Nil: the sender's own address is used.
    package var bounceDomain: String?
    package var storage = Storage()
    package var http = HTTP()
    package var sending = Sending()
    package var dns = DNS()
    package var delivery = Delivery()
    package var suppressions = Suppressions()
    package var webhooks = Webhooks()
    package var retention = Retention()
    package var log = Log()

    package struct Storage: Sendable, Equatable {
        /// Where the SQLite file and the keys live; relative to the working directory.
        package var directory = "./postrider-data"
    }

    package struct HTTP: Sendable, Equatable {
        /// Port 0 lets the system choose.
        package var listen = TransportAddress(ip: .v4(0x7F00_0001), port: 8080)
        /// Bytes.
        package var maxBody = 25 << 20
        /// Requests a second that a key may make; nil: any number.
        package var rateLimit: Int?
        /// Bytes of all bodies together. Nil: `standardBodyMemory`, or twice `maxBody` if that is more.
        package var maxBodyMemory: Int?
        /// PEM files, set together. Nil: clear text.
        package var tlsCertificate: String?
        package var tlsKey: String?

        package static let standardBodyMemory = 256 << 20
        package var bodyMemory: Int {
            maxBodyMemory ?? (maxBody > .max / 2 ? .max : max(Self.standardBodyMemory, 2 * maxBody))
        }
        package var scheme: String { tlsCertificate == nil ? "http" : "https" }
    }

    package struct Sending: Sendable, Equatable {
        /// Refuse what is not from a verified sending domain.
        package var requireVerifiedDomain = false
        /// Take `user@[192.0.2.1]`, too.
        package var allowAddressLiterals = false
    }

    package struct DNS: Sendable, Equatable {
        /// Empty: the system's resolvers.
        package var servers: [TransportAddress] = []
        /// Nil: the built-in root anchor.
        package var trustAnchorFile: String?
    }

    package struct Delivery: Sendable, Equatable {
        package var port = 25
        package var allowNetworks: [Network] = []
        package var relay: HostAndPort?
        /// Set together with `relayPassword`, and only with a `relay`.
        package var relayUser: String?
        package var relayPassword: String?
        /// Empty: the system chooses.
        package var sourceAddresses: [IPAddress] = []
        /// Waits between attempts, the last repeats; never empty, each more than zero.
        package var retrySchedule: [Duration] = [300, 600, 1200, 1800, 3600, 7200, 14_400].map { .seconds($0) }
        package var delayNoticeAfter: Duration = .seconds(14_400)
        package var lifetime: Duration = .seconds(5 * 86_400)
        package var maxSessions = 1000
        package var maxSessionsPerHost = 10
        package var messagesPerSession = 100
        package var requireTLS = false
    }

    package struct Suppressions: Sendable, Equatable {
        /// An address whose mailbox is found dead is not written to again.
        package var automatic = true
    }

    package struct Webhooks: Sendable, Equatable {
        package var allowNetworks: [Network] = []
    }

    package struct Retention: Sendable, Equatable {
        /// How long a message's bytes outlive its last recipient's final state.
        package var content: Duration = .seconds(3 * 86_400)
        /// How long everything else about it does.
        package var messages: Duration = .seconds(30 * 86_400)
    }

    package struct Log: Sendable, Equatable {
        package var level = Logger.Level.info
        package var format = LogFormat.auto
    }

    package enum LogFormat: String, Sendable, CaseIterable {
        /// Text on a terminal, JSON elsewhere.
        case auto
        case json
        case text
    }

    package init() {}
}
