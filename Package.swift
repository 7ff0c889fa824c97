// swift-tools-version: 6.2
// Package.swift — the rooms of Postrider and the directions between them (docs/architecture.md).

import PackageDescription

/// `async` functions stay on their caller's executor unless they say otherwise: a session pinned to an event loop
/// never leaves it by accident.
let settings: [SwiftSetting] = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

/// A target of the house, with the rooms below it and what it takes from packages.
func room(
    _ name: String, over rooms: [Target.Dependency] = [], products: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .target(name: name, dependencies: rooms + products, resources: resources, swiftSettings: settings)
}

/// The tests of one room. `with` are the other rooms they play against.
func tests(of name: String, with others: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + others,
        swiftSettings: settings)
}

/// A C library of the system. libunbound's pkg-config file asks for what only its static library needs; its header and
/// itself lie where compiler and linker look anyway.
func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let configuration: [Target.Dependency] = [.product(name: "Configuration", package: "swift-configuration"), yams]
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

let package = Package(
    name: "postrider",
    products: [.executable(name: "postrider", targets: ["postrider"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Floor 0: C libraries.
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CUnbound", apt: "libunbound-dev"),
        system("CIDN2", pkgConfig: "libidn2", apt: "libidn2-dev"),
        system("CMalloc", apt: "libc6-dev"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),

        // Floor 1: values and bytes.
        room("Address"),
        room("Mail", over: ["CIDN2"]),
        room("JSON"),
        room("Spelling"),
        room("Crypto", over: ["COpenSSL"]),
        room("TLS", over: ["COpenSSL"], products: nio),
        room("Prometheus", products: [metrics]),

        // Floor 2: one trade each.
        room("Settings", over: ["Address", "Spelling"], products: configuration + [log]),
        room("Logs", over: ["JSON"], products: [log]),
        room("Queue", over: ["Mail", "JSON", "Address", "CSQLite"], products: [grdb, sqlite, log, metrics]),
        room("DNS", over: ["Mail", "Address", "CUnbound"], products: [deque]),
        room("SMTP", over: ["Mail", "TLS"], products: nio + [deque]),
        room("HTTP", over: ["TLS"], products: nio + [httpTypes]),
        room("DKIM", over: ["Mail", "Crypto"]),
        room("Handbook", over: ["JSON", "Crypto"], products: [yams], resources: [.embedInCode("style.css")]),

        // Floor 3: the services; they meet in Queue and never import each other.
        room("Events", over: ["Queue", "JSON"]),
        room(
            "Domains", over: ["Events", "Queue", "DNS", "DKIM", "Crypto", "Mail", "Address", "JSON"], products: [log]),
        room(
            "Delivery", over: ["Queue", "DNS", "SMTP", "TLS", "DKIM", "Crypto", "Mail", "Address"],
            products: nio + [deque, heap, log, metrics]),
        room("Webhooks", over: ["Events", "Queue", "Crypto", "Address", "CCurl"], products: [deque, log, metrics]),
        room(
            "API",
            over: ["HTTP", "Domains", "Events", "Queue", "Mail", "DKIM", "JSON", "Crypto", "Spelling", "Address"],
            products: [httpTypes, log, metrics]),
        room("Sandbox", over: ["SMTP", "Mail"], products: nio),
        room(
            "Console", over: ["Settings", "Webhooks", "JSON", "Crypto", "TLS", "Address", "Spelling", "CCurl"],
            products: [argumentParser]),

        // Floor 4: the program.
        .executableTarget(
            name: "postrider",
            dependencies: [
                "API", "Console", "Delivery", "Domains", "Webhooks", "Sandbox", "Handbook", "Prometheus", "HTTP",
                "Queue",
                "DNS", "SMTP", "TLS", "JSON", "Crypto", "Mail", "Address", "Settings", "Logs", "CMalloc",
            ] + nio + [
                log, metrics, httpTypes, argumentParser,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("openapi.yaml")], swiftSettings: settings),

        // Benchmarks, each of a room or two.
        .executableTarget(
            name: "QueueBenchmark", dependencies: ["Queue", "Mail"], path: "Benchmarks/QueueBenchmark",
            swiftSettings: settings),
        .executableTarget(
            name: "ComposeBenchmark", dependencies: ["Mail", "DKIM"], path: "Benchmarks/ComposeBenchmark",
            swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["Queue", "Mail", "Crypto", "Address", "Settings", "COpenSSL", sqlite] + nio,
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "APITestSupport", dependencies: ["JSON", yams], path: "Tests/APITestSupport", swiftSettings: settings),
        tests(of: "Address"),
        tests(of: "Mail"),
        tests(of: "JSON"),
        tests(of: "Spelling"),
        tests(of: "Crypto"),
        tests(of: "HTTP", with: ["TLS"] + nio + [httpTypes]),
        tests(of: "TLS", with: ["COpenSSL"] + nio + [.product(name: "NIOEmbedded", package: "swift-nio")]),
        tests(of: "Prometheus", with: [metrics]),
        tests(of: "Settings", with: ["Address"]),
        tests(of: "Logs", with: ["JSON", log]),
        tests(of: "Queue", with: ["Mail", "Address", grdb, sqlite]),
        tests(of: "DNS", with: ["Address", "Mail"]),
        tests(of: "SMTP", with: ["TLS", "Mail"] + nio),
        tests(of: "Handbook", with: ["APITestSupport", "JSON"]),
        tests(of: "DKIM", with: ["Mail", "Crypto"]),
        tests(of: "Domains", with: ["Events", "Queue", "DNS", "DKIM", "Crypto", "Mail", "JSON", log]),
        tests(of: "Events", with: ["Queue", "JSON"]),
        tests(
            of: "Delivery",
            with: ["Queue", "Mail", "Address", "SMTP", "TLS", "DNS", "DKIM", "Crypto"] + nio + [log]),
        tests(of: "Webhooks", with: ["Queue", "Events", "Address", "Crypto", "Mail"] + nio + [log]),
        tests(
            of: "API",
            with: [
                "APITestSupport", "Address", "Crypto", "DNS", "Domains", "HTTP", "JSON", "Queue", "Mail", httpTypes,
                log, metrics,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ] + nio),
        tests(of: "Sandbox", with: ["SMTP", "Mail"] + nio),
        tests(
            of: "Console", with: ["Settings", "Webhooks", "JSON", "Crypto", "Address", argumentParser]),
        tests(
            of: "postrider",
            with: [
                "APITestSupport", "Console", "Settings", "Crypto", "Address", "JSON", "TLS", log, argumentParser,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
