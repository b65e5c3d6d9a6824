#!/usr/bin/env bash
# Makes spark_connect.pb.swift and spark_connect.grpc.swift of spark_connect.proto. Needs protoc
# (Debian: protobuf-compiler); builds the two plug-ins in a folder of its own.
set -euo pipefail
cd "$(dirname "$0")"
PLUGINS="${PLUGINS:-../../.build-protoc}"
mkdir -p "$PLUGINS/Sources/Plugins"
cat > "$PLUGINS/Package.swift" <<'SWIFT'
// swift-tools-version: 6.1
import PackageDescription
let package = Package(
    name: "plugins", platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    ],
    targets: [
        .executableTarget(name: "Plugins", dependencies: [.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")])
    ])
SWIFT
echo > "$PLUGINS/Sources/Plugins/main.swift"
for plugin in protoc-gen-swift protoc-gen-grpc-swift-2; do
  swift build --package-path "$PLUGINS" -c release --product "$plugin"
done
protoc --plugin="$PLUGINS/.build/release/protoc-gen-swift" --plugin="$PLUGINS/.build/release/protoc-gen-grpc-swift-2" \
  -I . --swift_out=. --swift_opt=Visibility=Package,FileNaming=DropPath \
  --grpc-swift-2_out=. --grpc-swift-2_opt=Visibility=Package,Server=false,FileNaming=DropPath spark_connect.proto
# Without the trait, the packages that this code needs are not there.
for file in spark_connect.pb.swift spark_connect.grpc.swift; do
  { echo "// swift-format-ignore-file"; echo "#if SparkConnect"; cat "$file"; echo "#endif"; } > "$file.new"
  mv "$file.new" "$file"
done
