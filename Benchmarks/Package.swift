// swift-tools-version: 6.2
import PackageDescription

/// Our drivers, beside the peers' (README.md): they use the package as its users do.
func driver(_ name: String, path: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: [
            .product(name: "Swiftwater", package: "swiftwater"), .product(name: "Logging", package: "swift-log"),
        ], path: path,
        swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
}

let package = Package(
    name: "swiftwater-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swiftwater", path: "..", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        driver("swiftwater-bench", path: "streaming"),
        driver("swiftwater-bench-recommender", path: "recommender"),
        driver("swiftwater-bench-serve", path: "serving"),
        driver("swiftwater-kernels", path: "kernels"),
    ]
)
