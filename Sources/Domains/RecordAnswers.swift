// RecordAnswers.swift — what DNS said of the records of one check: each question is asked once.

import DNS

struct RecordAnswers: Sendable {
    private struct Question: Hashable, Sendable {
        let type: RecordType
        let name: String
    }

    private var answers: [Question: DNSAnswer] = [:]

    /// Asks for those of `records` that have no answer yet, all at once.
    mutating func complete(for records: [PublishedRecord], from resolver: Resolver) async {
        let questions = Set(records.map(Self.question)).subtracting(answers.keys)
        await withTaskGroup(of: (Question, DNSAnswer).self) { group in
            for question in questions {
                group.addTask { (question, await resolver.records(question.type, of: question.name)) }
            }
            for await (question, answer) in group { answers[question] = answer }
        }
    }

    func isComplete(for records: [PublishedRecord]) -> Bool {
        records.allSatisfy { answers[Self.question($0)] != nil }
    }

    /// In the order of `records`.
    func sightings(of records: [PublishedRecord]) -> [Sighting] {
        records.map { $0.sighting(in: answers[Self.question($0)] ?? .failed(reason: "not asked")) }
    }

    private static func question(_ record: PublishedRecord) -> Question {
        Question(type: record.recordType, name: record.name)
    }
}
