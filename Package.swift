// swift-tools-version: 6.2
import PackageDescription

/// One set of settings for every Swift target of the package.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A room of the house. The order below is the architecture: a target imports only targets above it.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The rooms that `Swiftwater` re-exports. Targets that import `Swiftwater` name them too: the build follows direct
/// dependencies only, and would keep code that was compiled against older layouts.
let face: [Target.Dependency] = [
    "Swiftwater", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
    "SwiftwaterTrends", "SwiftwaterRecommender", "SwiftwaterPlots", "SwiftwaterLive", "SwiftwaterSQL",
    "SwiftwaterConnectors",
]

func example(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: face + ["SwiftwaterSamples"], path: "Examples/\(name)", swiftSettings: settings)
}

/// Tests of a room: they depend on it and on what they need, so that a change elsewhere does not build them again.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, swiftSettings: settings)
}

/// What tests need, outside of `Tests`.
func support(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "TestSupport/\(name)", swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
/// Binary search, and heaps.
let algorithms: Target.Dependency = .product(name: "Algorithms", package: "swift-algorithms")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqliteInterface: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
/// What only the server needs, and takes minutes to build.
let web: [Target.Dependency] = [
    ("Hummingbird", "hummingbird"), ("HummingbirdCore", "hummingbird"), ("HTTPTypes", "swift-http-types"),
    ("CoreMetrics", "swift-metrics"), ("Crypto", "swift-crypto"), ("NIOHTTP1", "swift-nio"),
    ("ServiceLifecycle", "swift-service-lifecycle"),
].map { .product(name: $0, package: $1, condition: .when(traits: ["Server"])) }
/// What only the client of a Spark cluster needs, and takes minutes to build.
func spark(_ products: [(String, String)]) -> [Target.Dependency] {
    products.map { .product(name: $0, package: $1, condition: .when(traits: ["SparkConnect"])) }
}
/// What only services over HTTPS need, and takes minutes to build.
let services: [Target.Dependency] = [
    ("AsyncHTTPClient", "async-http-client"), ("Crypto", "swift-crypto"), ("NIOHTTP1", "swift-nio"),
    ("NIOSSL", "swift-nio-ssl"), ("NIOWebSocket", "swift-nio"), ("NIOExtras", "swift-nio-extras"),
].map { .product(name: $0, package: $1, condition: .when(traits: ["Services"])) }
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
/// The configuration file of the program.
let yaml: [Target.Dependency] = [
    .product(name: "Configuration", package: "swift-configuration"), .product(name: "Yams", package: "Yams"),
]

let package = Package(
    name: "swiftwater",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Swiftwater", targets: ["Swiftwater"]),
        .library(name: "SwiftwaterLive", targets: ["SwiftwaterLive", "SwiftwaterRecommender", "SwiftwaterCore"]),
        .library(name: "SwiftwaterSamples", targets: ["SwiftwaterSamples"]),
        .library(name: "SwiftwaterSpark", targets: ["SwiftwaterSpark", "SwiftwaterRecommender", "SwiftwaterCore"]),
        .library(name: "SwiftwaterServer", targets: ["SwiftwaterServer", "Swiftwater"]),
        .library(name: "SwiftwaterTesting", targets: ["SwiftwaterTesting"]),
        .executable(name: "swiftwater", targets: ["SwiftwaterCommand"]),
    ],
    traits: [
        .trait(name: "Server", description: "swiftwater serve: the live page and the HTTP API."),
        .trait(name: "SparkConnect", description: "--master sc://host: the same jobs on an Apache Spark cluster."),
        .trait(name: "Services", description: "Stores and sources over HTTPS: S3, HDFS and live posts."),
        .default(enabledTraits: ["Server", "SparkConnect", "Services"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/jpsim/Yams", "6.2.0"..<"7.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .target(name: "CSwiftwaterKernels"),
        .target(name: "CSwiftwaterClients"),
        .target(name: "CSwiftwaterSQL", dependencies: [sqliteInterface]),
        room("SwiftwaterPlatform", []),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        room("SwiftwaterCore", ["SwiftwaterPlatform", "CSwiftwaterKernels", algorithms]),
        room("SwiftwaterStorage", ["SwiftwaterPlatform", "SwiftwaterCore", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterFormats",
            ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "CZlib", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterStreaming",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", logging, algorithms,
                heap,
            ]),
        room(
            "SwiftwaterTesting",
            ["SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", logging]),
        room("SwiftwaterPosts", ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterTrends",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
                "CSwiftwaterKernels", algorithms,
            ]),
        room(
            "SwiftwaterRecommender",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "CSwiftwaterKernels",
                algorithms, heap,
            ]),
        room("SwiftwaterPlots", ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterRecommender"]),
        room(
            "SwiftwaterLive",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming",
                "SwiftwaterRecommender", algorithms, logging,
            ]),
        room(
            "SwiftwaterSQL",
            [
                "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
                "SwiftwaterRecommender", "CSwiftwaterSQL", sqlite, sqliteInterface, algorithms,
            ]),
        room(
            "SwiftwaterSamples",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterPosts", "SwiftwaterRecommender",
                algorithms,
            ]),
        room(
            "SwiftwaterConnectors",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming",
                "SwiftwaterPosts", "SwiftwaterTrends", "CSwiftwaterClients", logging, sqlite,
            ] + nio + services),
        // Generated (Sources/SwiftwaterSparkProtocol/generate.sh), so without the settings of the other rooms.
        .target(
            name: "SwiftwaterSparkProtocol",
            dependencies: spark([
                ("GRPCCore", "grpc-swift-2"), ("GRPCProtobuf", "grpc-swift-protobuf"),
                ("SwiftProtobuf", "swift-protobuf"),
            ]),
            exclude: ["spark_connect.proto", "generate.sh"]),
        room(
            "SwiftwaterSpark",
            [
                "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterTrends",
                "SwiftwaterRecommender", "SwiftwaterSparkProtocol", "CZlib",
            ]
                + spark([
                    ("GRPCCore", "grpc-swift-2"), ("GRPCNIOTransportHTTP2Posix", "grpc-swift-nio-transport"),
                    ("GRPCProtobuf", "grpc-swift-protobuf"), ("SwiftProtobuf", "swift-protobuf"),
                    ("Crypto", "swift-crypto"),
                ])),
        .target(
            name: "SwiftwaterServer",
            dependencies: ["SwiftwaterPlatform"] + face.dropFirst() + [logging, sqlite, "CZlib"] + nio + web,
            resources: [
                .embedInCode("Resources/page.html"), .embedInCode("Resources/page.css"),
                .embedInCode("Resources/page.js"), .embedInCode("Resources/trends.js"),
                .embedInCode("Resources/openapi.json"),
            ],
            swiftSettings: settings),
        room("Swiftwater", Array(face.dropFirst())),
        .executableTarget(
            name: "SwiftwaterCommand",
            dependencies: [
                "SwiftwaterPlatform", "SwiftwaterSamples", "SwiftwaterServer", "SwiftwaterSpark", arguments, logging,
            ] + face + yaml,
            swiftSettings: settings),
        example("HashtagTrends"),
        example("MeterReadings"),
        example("MovieRecommender"),
        example("LiveRecommendations"),
        example("PostsByLocation"),
        support("TestSupport", ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats"]),
        support(
            "StreamingTestSupport",
            ["TestSupport", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterStreaming", logging]),
        support("DatabaseTestSupport", ["TestSupport", "SwiftwaterPlatform", "SwiftwaterCore"]),
        support("HTTPTestSupport", ["SwiftwaterCore"] + nio + services),
        support("LiveTestSupport", ["TestSupport", "SwiftwaterCore"] + nio + services),
        support(
            "FuzzChecks",
            [
                "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterPosts", "SwiftwaterRecommender",
            ]),
        support(
            "SimulationSupport",
            [
                "SwiftwaterTesting", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming",
                "SwiftwaterRecommender", "SwiftwaterLive", logging,
            ]),
        .executableTarget(
            name: "swiftwater-simulation", dependencies: ["SimulationSupport"], path: "TestSupport/SimulationProgram",
            swiftSettings: settings),
        tests("CoreTests", ["SwiftwaterCore"]),
        tests("StorageTests", ["SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterTesting"]),
        tests("FormatsTests", ["SwiftwaterCore", "SwiftwaterFormats"]),
        tests(
            "StreamingTests",
            [
                "StreamingTestSupport", "SwiftwaterTesting", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats",
                "SwiftwaterStreaming", logging,
            ]),
        tests("PostsTests", ["FuzzChecks", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterPosts"]),
        tests(
            "TrendsTests",
            [
                "SwiftwaterTesting", "SwiftwaterStorage", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterStreaming",
                "SwiftwaterPosts", "SwiftwaterTrends",
            ]),
        tests(
            "RecommenderTests",
            [
                "FuzzChecks", "CSwiftwaterKernels", "SwiftwaterTesting", "SwiftwaterSamples", "SwiftwaterCore",
                "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterRecommender",
            ]),
        tests("PlotsTests", ["SwiftwaterRecommender", "SwiftwaterPlots", "SwiftwaterSamples"]),
        tests(
            "LiveTests",
            [
                "SwiftwaterTesting", "SwiftwaterSamples", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterStreaming",
                "SwiftwaterRecommender", "SwiftwaterLive",
            ]),
        tests("SQLTests", face + [sqlite]),
        tests(
            "SparkTests",
            [
                "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterTrends", "SwiftwaterRecommender", "SwiftwaterSamples",
                "SwiftwaterSparkProtocol", "SwiftwaterSpark",
            ]
                + spark([
                    ("GRPCCore", "grpc-swift-2"), ("GRPCNIOTransportHTTP2Posix", "grpc-swift-nio-transport"),
                    ("GRPCProtobuf", "grpc-swift-protobuf"), ("SwiftProtobuf", "swift-protobuf"),
                ])),
        tests(
            "SamplesTests", ["SwiftwaterCore", "SwiftwaterPosts", "SwiftwaterRecommender", "SwiftwaterSamples"]),
        tests(
            "ConnectorsTests",
            [
                "StreamingTestSupport", "HTTPTestSupport", "LiveTestSupport", "DatabaseTestSupport",
                "SwiftwaterTesting",
                "SwiftwaterSamples", sqlite,
            ] + face + nio
                + services),
        tests("ServerTests", ["SwiftwaterServer", "SwiftwaterSamples", sqlite, logging] + face + web),
        tests("SimulationTests", ["SimulationSupport", "swiftwater-simulation"]),
        tests("HouseTests", []),
        // The package as its users have it: programs, examples, and packages that depend on it.
        tests(
            "IntegrationTests",
            [
                "SwiftwaterCommand", "HashtagTrends", "MeterReadings", "MovieRecommender", "LiveRecommendations",
                "PostsByLocation",
                "SwiftwaterSamples", "HTTPTestSupport", "LiveTestSupport", "DatabaseTestSupport", sqlite,
            ] + face + nio),
    ],
    cLanguageStandard: .c11
)

// libFuzzer's programs want flags of their own (Fuzz/run.sh), without which they do not link.
if Context.environment["SWIFTWATER_FUZZ"] != nil {
    package.targets.append(.target(name: "CFuzzer", path: "Fuzz/Sources/CFuzzer"))
    for name in ["FuzzRatings", "FuzzModel", "FuzzPosts", "FuzzXML", "FuzzEvents", "FuzzTables"] {
        package.targets.append(
            .executableTarget(
                name: name, dependencies: ["CFuzzer", "FuzzChecks"], path: "Fuzz/Sources/\(name)",
                swiftSettings: settings))
        package.products.append(.executable(name: name, targets: [name]))
    }
}
