// swift-tools-version: 6.2
import PackageDescription

/// `run.sh` builds these with the flags that instrument them and bring libFuzzer in.
func target(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["CFuzzer", .product(name: "SwiftwaterFuzzChecks", package: "swiftwater")])
}

let package = Package(
    name: "swiftwater-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swiftwater", path: "..")],
    targets: [.target(name: "CFuzzer"), target("FuzzRatings"), target("FuzzModel")]
)
