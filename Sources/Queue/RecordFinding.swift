// RecordFinding.swift — what the last check saw of one DNS record that a sending domain needs.

/// What a record is for.
package enum RecordPurpose: String, Sendable, CaseIterable {
    case dkim, spf, dmarc
    /// MX and SPF of the domain that bounces come back to.
    case returnPath = "return_path"
}

/// As zone files write them.
package enum RecordKind: String, Sendable, CaseIterable { case txt = "TXT", mx = "MX" }

package enum RecordStatus: String, Sendable, CaseIterable {
    case ok
    /// There is none.
    case missing
    /// There is something else.
    case differs
}

package struct RecordFinding: Hashable, Sendable {
    /// Which record; a name may have several of different purposes.
    package struct Subject: Hashable, Sendable {
        package var purpose: RecordPurpose
        package var kind: RecordKind
        /// Lower case, without a final dot.
        package var name: String
        package init(purpose: RecordPurpose, kind: RecordKind, name: String) {
            (self.purpose, self.kind, self.name) = (purpose, kind, name)
        }
    }

    package var subject: Subject
    package var status: RecordStatus
    /// The records that were there, as text.
    package var found: [String]
    /// For its owner, why it is not `ok`, or why the last lookup told nothing: then the rest is of the one before.
    package var detail: String?

    package init(subject: Subject, status: RecordStatus, found: [String] = [], detail: String? = nil) {
        (self.subject, self.status, self.found, self.detail) = (subject, status, found, detail)
    }
}
