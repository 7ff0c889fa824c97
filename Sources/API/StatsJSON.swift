// StatsJSON.swift — counts as users see them (openapi.yaml: Stats).

import Events
import JSON
import Queue

extension JSONWriter {
    /// Without groups every bucket is there, be it empty; with them, each group's buckets that are not.
    mutating func value(_ stats: Stats, for request: StatsRequest) {
        let question = request.question
        let (places, leftOut) =
            question.group == nil
            ? ((0..<request.bucketCount).map { Stats.Place(bucket: $0, group: nil) }, 0) : stats.largestGroups
        object {
            $0.member("object", "stats")
            $0.member("from", question.from.rfc3339)
            $0.member("to", question.to.rfc3339)
            $0.member("bucket", request.bucket.rawValue)
            $0.member("group_by", question.group?.text)
            $0.member("counted_through", stats.countedThrough?.rfc3339)
            $0.member("is_capped", stats.countedThrough != nil || leftOut > 0)
            $0.member("groups_left_out", leftOut)
            $0.member("totals", object: { $0.members(of: stats.totals) })
            $0.member(
                "data",
                array: { for place in places { $0.bucket(place, stats.counts[place] ?? [:], of: request) } })
        }
    }

    private mutating func bucket(_ place: Stats.Place, _ counts: [EventType: Int], of request: StatsRequest) {
        object {
            $0.member("start", request.start(of: place.bucket).rfc3339)
            if request.question.group != nil { $0.member("group", place.group) }
            $0.members(of: counts)
        }
    }

    private mutating func members(of counts: [EventType: Int]) {
        for (name, type) in Stats.types { member(name, counts[type] ?? 0) }
    }
}

extension Stats {
    /// Those about recipients.
    fileprivate static let types = EventType.allCases.compactMap { type in
        let words = type.rawValue.split(separator: ".")
        return words.first == "message" ? words.last.map { (name: String($0), type: type) } : nil
    }

    /// Groups that one answer shows.
    private static let maximumGroups = 100

    fileprivate var totals: [EventType: Int] {
        counts.values.reduce(into: [:]) { totals, counts in totals.merge(counts, uniquingKeysWith: +) }
    }

    /// The places of the groups with the most events, these in the order of their names; and how many groups are left out.
    fileprivate var largestGroups: (places: [Place], leftOut: Int) {
        var sizes: [String?: Int] = [:]
        for (place, counts) in counts { sizes[place.group, default: 0] += counts.values.reduce(0, +) }
        let bySize = sizes.sorted { ($1.value, $0.key ?? "") < ($0.value, $1.key ?? "") }
        let shown = Set(bySize.prefix(Self.maximumGroups).map(\.key))
        let places = counts.keys.filter { shown.contains($0.group) }
            .sorted { ($0.group ?? "", $0.bucket) < ($1.group ?? "", $1.bucket) }
        return (places, sizes.count - shown.count)
    }
}
