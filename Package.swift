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

/// The rooms that `Swiftwater` re-exports. Whoever imports `Swiftwater` names them too: the build follows direct dependencies
/// only, and would keep code compiled against the layouts of yesterday.
let rooms: [Target.Dependency] = [
    "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
    "SwiftwaterTrends",
    "SwiftwaterRecommender", "SwiftwaterPlots", "SwiftwaterLive", "SwiftwaterSQL", "SwiftwaterSamples",
    "SwiftwaterConnectors",
]

func example(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["Swiftwater"] + rooms, path: "Examples/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name, dependencies: ["TestSupport", "Swiftwater"] + rooms + dependencies, swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqliteInterface: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
/// What only the server needs, and takes minutes to build.
let web: [Target.Dependency] = [
    ("Hummingbird", "hummingbird"), ("HummingbirdCore", "hummingbird"), ("HTTPTypes", "swift-http-types"),
    ("CoreMetrics", "swift-metrics"), ("NIOHTTP1", "swift-nio"),
    ("ServiceLifecycle", "swift-service-lifecycle"),
].map { .product(name: $0, package: $1, condition: .when(traits: ["Server"])) }
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "swiftwater",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Swiftwater", targets: ["Swiftwater"]),
        .library(name: "SwiftwaterLive", targets: ["SwiftwaterLive", "SwiftwaterRecommender", "SwiftwaterCore"]),
        .library(name: "SwiftwaterServer", targets: ["SwiftwaterServer", "Swiftwater"]),
        .library(name: "SwiftwaterTesting", targets: ["SwiftwaterTesting"]),
        .library(name: "SwiftwaterFuzzChecks", targets: ["SwiftwaterFuzzChecks"]),
        .executable(name: "swiftwater", targets: ["SwiftwaterCommand"]),
    ],
    traits: [
        .trait(name: "Server", description: "swiftwater serve: the live page and the HTTP API."),
        .default(enabledTraits: ["Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CSwiftwaterKernels"),
        room("SwiftwaterPlatform", []),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        room("SwiftwaterCore", ["SwiftwaterPlatform", "CSwiftwaterKernels"]),
        room("SwiftwaterStorage", ["SwiftwaterPlatform", "SwiftwaterCore", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterFormats",
            ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "CZlib", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterStreaming",
            ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", logging]),
        room(
            "SwiftwaterTesting",
            ["SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", logging]),
        room("SwiftwaterPosts", ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "CSwiftwaterKernels"]),
        room(
            "SwiftwaterTrends",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
                "CSwiftwaterKernels",
            ]),
        room(
            "SwiftwaterRecommender",
            ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "CSwiftwaterKernels"]),
        room("SwiftwaterPlots", ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterRecommender"]),
        room(
            "SwiftwaterLive",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming",
                "SwiftwaterRecommender",
            ]),
        room(
            "SwiftwaterSQL",
            [
                "SwiftwaterCore", "SwiftwaterStorage", "SwiftwaterFormats", "SwiftwaterStreaming", "SwiftwaterPosts",
                "SwiftwaterRecommender", sqlite, sqliteInterface,
            ]),
        room(
            "SwiftwaterSamples",
            ["SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterFormats", "SwiftwaterPosts", "SwiftwaterRecommender"]),
        room(
            "SwiftwaterConnectors",
            [
                "SwiftwaterPlatform", "SwiftwaterCore", "SwiftwaterStreaming", "SwiftwaterPosts", "SwiftwaterTrends",
                logging, sqlite,
            ] + nio),
        .target(
            name: "SwiftwaterServer",
            dependencies: ["SwiftwaterPlatform"] + rooms + [logging, sqlite, "CZlib"] + nio + web,
            resources: [
                .embedInCode("Resources/page.html"), .embedInCode("Resources/page.css"),
                .embedInCode("Resources/page.js"), .embedInCode("Resources/trends.js"),
                .embedInCode("Resources/openapi.json"),
            ],
            swiftSettings: settings),
        room("Swiftwater", rooms + [logging]),
        .executableTarget(
            name: "SwiftwaterCommand",
            dependencies: ["SwiftwaterPlatform", "Swiftwater", "SwiftwaterServer", arguments, logging] + rooms,
            swiftSettings: settings),
        example("HashtagTrends"),
        example("MeterReadings"),
        example("MovieRecommender"),
        example("LiveRecommendations"),
        .target(
            name: "TestSupport", dependencies: ["Swiftwater"] + rooms, path: "TestSupport/TestSupport",
            swiftSettings: settings),
        .target(
            name: "StreamingTestSupport",
            dependencies: ["TestSupport", "SwiftwaterCore", "SwiftwaterStreaming", logging],
            path: "TestSupport/StreamingTestSupport", swiftSettings: settings),
        .target(
            name: "SwiftwaterFuzzChecks", dependencies: ["Swiftwater"] + rooms, path: "TestSupport/FuzzChecks",
            swiftSettings: settings),
        .target(
            name: "SimulationSupport", dependencies: ["SwiftwaterTesting", "Swiftwater"] + rooms + [logging],
            path: "TestSupport/SimulationSupport", swiftSettings: settings),
        .executableTarget(
            name: "swiftwater-simulation", dependencies: ["SimulationSupport"], path: "TestSupport/SimulationProgram",
            swiftSettings: settings),
        .executableTarget(
            name: "swiftwater-bench", dependencies: ["Swiftwater", logging] + rooms, path: "Benchmarks/streaming",
            swiftSettings: settings),
        .executableTarget(
            name: "swiftwater-bench-recommender", dependencies: ["Swiftwater"] + rooms,
            path: "Benchmarks/recommender", swiftSettings: settings),
        .executableTarget(
            name: "swiftwater-bench-serve", dependencies: ["Swiftwater"] + rooms, path: "Benchmarks/serving",
            swiftSettings: settings),
        tests("SimulationTests", ["SimulationSupport", "SwiftwaterTesting", "swiftwater-simulation"]),
        tests("CoreTests"),
        tests("StorageTests", ["SwiftwaterTesting"]),
        tests("FormatsTests"),
        tests("StreamingTests", [logging, "SwiftwaterTesting", "StreamingTestSupport"]),
        tests("PostsTests"),
        tests("RecommenderTests", ["SwiftwaterFuzzChecks", "CSwiftwaterKernels", "SwiftwaterTesting"]),
        tests("TrendsTests"),
        tests("PlotsTests"),
        tests("LiveTests", ["SwiftwaterTesting"]),
        tests("SQLTests", [sqlite]),
        tests("SamplesTests"),
        tests("ConnectorsTests", ["SwiftwaterTesting", "StreamingTestSupport", sqlite] + nio),
        tests("ServerTests", ["SwiftwaterServer", sqlite, logging] + web),
        tests("HouseTests"),
        tests("IntegrationTests", ["SwiftwaterCommand", sqlite] + nio),
    ],
    cLanguageStandard: .c11
)
