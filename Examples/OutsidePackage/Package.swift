// swift-tools-version: 6.2
import PackageDescription

// A package that depends on this one as its users' packages do. A test builds and runs it.
let package = Package(
    name: "OutsidePackage",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swiftwater", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "OutsidePackage", dependencies: [.product(name: "Swiftwater", package: "swiftwater")])
    ]
)
