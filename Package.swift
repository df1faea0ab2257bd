// swift-tools-version: 6.2
import PackageDescription

// The targets stand in the order in which a span walks through them; docs/ARCHITECTURE.md tells the walk.

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// Every target of ours: warnings end the build, and each unsafe step is marked as such.
let strictness: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let strict: [SwiftSetting] =
    strictness + [
        // The hot path crosses from `OTLP` through `SpanMapping` to `MastraRecords`; measured in docs/decisions/0011.
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
    ]

/// Tests may touch memory as they like, and still have no warnings.
let tests: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let benchmark: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

let package = Package(
    name: "mastra-gateway",
    products: [
        .executable(name: "mastra-gateway", targets: ["mastra-gateway"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The C libraries. Each has one Swift importer.
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]
        ),
        .systemLibrary(
            name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "Instruments", swiftSettings: strict),
        .target(name: "Threads", swiftSettings: strict),
        .target(name: "COTLP", dependencies: ["CProtobufC"], cSettings: [.headerSearchPath(".")]),

        // 1. Bytes become requests.
        .target(
            name: "HTTPServing",
            dependencies: [
                "CNghttp2", nio, nioPosix, nioHTTP1, nioTLS, nioSSL, nioConcurrency, logging,
            ],
            swiftSettings: strict
        ),
        // 2. Requests are checked, inflated, answered.
        .target(
            name: "OTLPReceiving",
            dependencies: [
                "HTTPServing", "CDeflate", "CZstd", "CCrypto", "Instruments", "OTLP", "OTLPJSON",
                "SendingQueue",
            ],
            swiftSettings: strict
        ),
        // 3. Bodies are walked and become spans.
        .target(name: "OTLP", dependencies: ["COTLP", "CProtobufC"], swiftSettings: strict),
        // JSON bodies become protobuf first, so that what follows reads one encoding.
        .target(name: "OTLPJSON", dependencies: ["OTLP"], swiftSettings: strict),
        // 4. Accepted requests wait here.
        .target(name: "CSegmentLog"),
        .target(
            name: "SendingQueue", dependencies: ["CSegmentLog", "Threads"], swiftSettings: strict),
        // 5. Spans become records.
        .target(name: "MastraRecords", swiftSettings: strict),
        .target(
            name: "SpanMapping", dependencies: ["OTLP", "MastraRecords"], swiftSettings: strict),
        // 6. Records become batches; each batch is attempted until it ends somewhere.
        .target(
            name: "CloudExport",
            dependencies: [
                "SendingQueue", "SpanMapping", "OTLP", "MastraRecords", "Instruments", logging,
            ],
            swiftSettings: strict
        ),
        // 7. One attempt over the network.
        .target(
            name: "CurlUpload", dependencies: ["CloudExport", "MastraRecords", "Threads", "CCurl"],
            swiftSettings: strict),

        // 8. Or into a file on this machine, and from there to a browser.
        .target(
            name: "LocalStore", dependencies: ["MastraRecords", "CSQLite"], swiftSettings: strict),

        .target(name: "CViewerFiles", exclude: ["web"]),
        .target(
            name: "Viewer",
            dependencies: ["HTTPServing", "LocalStore", "MastraRecords", "CViewerFiles"],
            swiftSettings: strict),

        // What joins them: configuration, wiring, admin endpoint, signals.
        .target(
            name: "Gateway",
            dependencies: [
                "HTTPServing", "OTLPReceiving", "OTLP", "OTLPJSON", "SendingQueue",
                "MastraRecords",
                "SpanMapping", "CloudExport",
                "CurlUpload", "Instruments", "Threads", "LocalStore", "Viewer", logging, yams, nio,
                nioPosix,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "mastra-gateway",
            dependencies: ["Gateway", "OTLPReceiving", "SendingQueue", arguments, logging],
            swiftSettings: strict),

        // Tests stand beside what they test; the program as a whole is tested from outside, by
        // Tests/BlackBox. `TestKit` needs nothing but Swift, `ExportTestKit` is for queue and lane,
        // `HTTPTestKit` for connections.
        .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: tests),
        .target(
            name: "ExportTestKit",
            dependencies: ["TestKit", "SendingQueue", "CloudExport", "MastraRecords", "OTLP"],
            path: "Tests/ExportTestKit", swiftSettings: tests),
        .target(
            name: "HTTPTestKit",
            dependencies: ["HTTPServing", nio, nioEmbedded, nioConcurrency],
            path: "Tests/HTTPTestKit", swiftSettings: tests),
        // Second opinions: on protobuf, on JSON.
        .target(
            name: "OracleKit", dependencies: ["OTLP", "COTLP", "CProtobufC", "TestKit"],
            path: "Tests/OracleKit", swiftSettings: tests),
        .testTarget(
            name: "OTLPTests", dependencies: ["OTLP", "OracleKit", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "OTLPJSONTests", dependencies: ["OTLPJSON", "OTLP", "OracleKit", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "MastraRecordsTests", dependencies: ["MastraRecords", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "SpanMappingTests",
            dependencies: ["SpanMapping", "MastraRecords", "OTLP", "OracleKit", "TestKit"],
            resources: [.copy("Fixtures")], swiftSettings: tests),
        .testTarget(
            name: "SendingQueueTests", dependencies: ["SendingQueue", "ExportTestKit", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "SegmentLogTests", dependencies: ["SendingQueue", "TestKit"],
            resources: [.copy("Golden")], swiftSettings: tests),
        .testTarget(
            name: "CloudExportTests",
            dependencies: [
                "CloudExport", "SendingQueue", "SpanMapping", "MastraRecords", "OTLP",
                "ExportTestKit",
                "TestKit", "Instruments", logging,
            ], swiftSettings: tests),
        .testTarget(
            name: "LocalStoreTests", dependencies: ["LocalStore", "MastraRecords", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "HTTPServingTests",
            dependencies: [
                "HTTPServing", "HTTPTestKit", "TestKit", nio, nioPosix, nioHTTP1, nioTLS, nioSSL,
                nioEmbedded, nioConcurrency, logging,
            ], swiftSettings: tests),
        .testTarget(
            name: "OTLPReceivingTests",
            dependencies: [
                "OTLPReceiving", "CDeflate", "CZstd", "HTTPServing", "OTLP", "COTLP", "CProtobufC",
                "SendingQueue",
                "Instruments",
            ], swiftSettings: tests),
        .testTarget(
            name: "CurlUploadTests",
            dependencies: ["CurlUpload", "CloudExport", "MastraRecords", "CCurl", "TestKit"],
            swiftSettings: tests),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "CloudExport", "HTTPServing", "MastraRecords", "OTLP", "OTLPReceiving",
                "SendingQueue", "SpanMapping", "Instruments", "TestKit", logging,
            ], swiftSettings: tests),

        // What must hold for any bytes; Tests/Fuzz looks for bytes for which it does not.
        .target(
            name: "FuzzClaims",
            dependencies: [
                "OTLP", "OTLPJSON", "SpanMapping", "MastraRecords", "OracleKit", "TestKit",
            ], path: "Tests/Fuzz/Claims", swiftSettings: tests),
        .target(
            name: "FuzzHTTPClaims",
            dependencies: [
                "FuzzClaims", "HTTPServing", "HTTPTestKit", "TestKit", nio, nioEmbedded,
            ], path: "Tests/Fuzz/HTTPClaims", swiftSettings: tests),
        .target(
            name: "FuzzReceiverClaims",
            dependencies: [
                "FuzzClaims", "OTLPReceiving", "HTTPServing", "SendingQueue", "OracleKit",
                "CDeflate",
                "CZstd",
            ], path: "Tests/Fuzz/ReceiverClaims", swiftSettings: tests),
        .target(
            name: "FuzzQueueClaims", dependencies: ["FuzzClaims", "SendingQueue"],
            path: "Tests/Fuzz/QueueClaims", swiftSettings: tests),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "FuzzClaims", "FuzzHTTPClaims", "FuzzReceiverClaims", "FuzzQueueClaims",
            ],
            path: "Tests/Fuzz/Tests",
            swiftSettings: tests),

        // `make bench` measures single steps with this one.
        .executableTarget(
            name: "step-benchmark", dependencies: ["OTLP", "MastraRecords", "SpanMapping"],
            path: "Benchmarks/StepBenchmark", swiftSettings: benchmark),
        .executableTarget(
            name: "store-benchmark", dependencies: ["LocalStore", "MastraRecords"],
            path: "Benchmarks/StoreBenchmark", swiftSettings: benchmark),
    ],
    swiftLanguageModes: [.v6]
)

// `MASTRA_GATEWAY_PURE=1` leaves the targets that need no Swift package, so that an edit of the walk
// or the mapping is built and tested in seconds.
if Context.environment["MASTRA_GATEWAY_PURE"] == "1" {
    let pure: Set<String> = [
        "CProtobufC", "COTLP", "OTLP", "CSegmentLog", "Threads", "SendingQueue", "MastraRecords",
        "SpanMapping", "CSQLite", "LocalStore", "LocalStoreTests",
        "Instruments", "SegmentLogTests", "OTLPJSON", "OTLPJSONTests",
        "TestKit", "OracleKit", "FuzzClaims", "OTLPTests", "MastraRecordsTests", "SpanMappingTests",
        "step-benchmark", "store-benchmark",
    ]
    package.targets.removeAll { !pure.contains($0.name) }
    package.products = []
    package.dependencies = []
}

// `MASTRA_GATEWAY_FUZZ=1` builds the fuzzers of Tests/Fuzz instead, and what they fuzz so that libFuzzer
// sees which ways an input takes.
if Context.environment["MASTRA_GATEWAY_FUZZ"] == "1" {
    let fuzzed: Set<String> = [
        "OTLP", "OTLPJSON", "MastraRecords", "SpanMapping", "HTTPServing", "OTLPReceiving",
        "SendingQueue",
    ]
    let needed: Set<String> = [
        "CProtobufC", "CNghttp2", "CDeflate", "CZstd", "CCrypto", "COTLP", "Instruments",
        "CSegmentLog",
        "Threads", "TestKit",
        "OracleKit", "HTTPTestKit", "FuzzClaims", "FuzzHTTPClaims", "FuzzReceiverClaims",
        "FuzzQueueClaims",
    ]
    package.targets.removeAll { !fuzzed.union(needed).contains($0.name) }
    for target in package.targets where fuzzed.contains(target.name) {
        // Without the optimisation across modules, which takes the compiler longer.
        target.swiftSettings =
            strictness + [
                .unsafeFlags(["-sanitize=address,fuzzer", "-enable-testing"])
            ]
    }
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .target(
            name: "FuzzRunner", dependencies: ["CFuzzer", "FuzzClaims"], path: "Tests/Fuzz/Runner",
            swiftSettings: tests),
    ]
    let fuzzers = [
        "Walk": "FuzzClaims", "Transcode": "FuzzClaims", "Mapping": "FuzzClaims",
        "HTTP1": "FuzzHTTPClaims", "HTTP2": "FuzzHTTPClaims", "Receiver": "FuzzReceiverClaims",
        "Queue": "FuzzQueueClaims",
    ]
    package.targets += fuzzers.map { name, claims in
        .executableTarget(
            name: "fuzz-\(name.lowercased())",
            dependencies: ["FuzzRunner", .target(name: claims)],
            path: "Tests/Fuzz/\(name)", swiftSettings: tests)
    }
    package.products = []
    let unused = ["swift-argument-parser", "Yams"]
    package.dependencies.removeAll { dependency in
        unused.contains { "\(dependency.kind)".contains($0) }
    }
}
