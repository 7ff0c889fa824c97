// DomainRegistry+Checks.swift — looks records up: not more than a few domains at the same time, whoever asks.

import Mail
import Queue

extension DomainRegistry {
    /// Looks all records up, and lets keys and status follow. Whoever comes while a check of this domain is under way gets
    /// the outcome of that one; its answers may be some seconds old.
    package func verify(_ name: SendingDomainName) async throws -> RegisteredDomain {
        try await check(name, isAskedFor: true)
    }

    /// `isAskedFor`: a user wants to know what is so now; else a domain is not failing by one look.
    func check(_ name: SendingDomainName, isAskedFor: Bool) async throws -> RegisteredDomain {
        try await checks.outcome(of: name, isAskedFor: isAskedFor) { check in
            var answers = RecordAnswers()
            return try await self.change(name) { domain in
                let sightings = await self.sightings(of: domain, &answers)
                domain.take(sightings, at: self.clock.now, isAskedFor: check.isAskedFor)
            }
        }
    }

    /// What is in `answers` is not asked again: a step that is made anew, because another change came first, needs no more
    /// than the records that are new.
    func sightings(of domain: SendingDomain, _ answers: inout RecordAnswers) async -> [Sighting] {
        let records = domain.records(settings)
        if !answers.isComplete(for: records) {
            answers = await turnstile.pass { [answers] in
                var answers = answers
                await answers.complete(for: records, from: resolver)
                return answers
            }
        }
        return answers.sightings(of: records)
    }
}
