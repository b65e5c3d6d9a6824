#!/usr/bin/env bash
# Builds the documentation of the public face into .build-docs/Swiftwater.doccarchive: the articles of docs/Swiftwater.docc
# and every public symbol. Warnings are errors.
#
#   docs/build.sh         then: python3 -m http.server --directory .build-docs/Swiftwater.doccarchive
set -euo pipefail
cd "$(dirname "$0")/.."
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --target Swiftwater
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --target SwiftwaterSpark
bin=$(swift build -c release --show-bin-path)
triple=$(basename "$(dirname "$bin")")
graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
options=(-I "$bin/Modules" -I Sources/CSwiftwaterKernels/include -I Sources/CZlib)
for folder in GRDB.swift/Sources/GRDBSQLite swift-atomics/Sources/_AtomicsShims/include \
  swift-nio/Sources/CNIOWindows/include swift-nio/Sources/CNIOWASI/include swift-system/Sources/CSystem/include \
  swift-numerics/Sources/_NumericsShims/include Yams/Sources/CYaml/include; do
  options+=(-I ".build/checkouts/$folder")
done
for map in "$bin"/*.build/module.modulemap; do
  case $map in *-tool.build/*) ;; *) options+=(-Xcc "-fmodule-map-file=$map") ;; esac
done
for module in Streaming Trends Recommender Live Posts Plots SQL Connectors Core Storage Formats Spark; do
  swift symbolgraph-extract -module-name "Swiftwater$module" -minimum-access-level public -skip-synthesized-members \
    -target "$triple" -output-dir "$graphs" "${options[@]}"
done
mkdir -p .build-docs
docc convert docs/Swiftwater.docc --additional-symbol-graph-dir "$graphs" --output-path .build-docs/Swiftwater.doccarchive \
  --fallback-display-name Swiftwater --fallback-bundle-identifier swiftwater --warnings-as-errors
echo "documentation in .build-docs/Swiftwater.doccarchive"
