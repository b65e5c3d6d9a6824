#!/usr/bin/env bash
# Runs the tests that need real stores: S3 (nanio from PyPI, and Ceph's RGW if Debian's radosgw, ceph-mon, ceph-osd and
# ceph-common are installed) and HDFS (Hadoop 2.7's name node and data node, out of PyPI's source of pyspark 2.4.8, with
# Debian's libjersey1-*-java). Starts what there is on loopback, and stops it.
#
#   SWIFTWATER_STORE_KILLS   how often a driver is killed on each store; 6
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER="${SWIFTWATER_STORES:-$PWD/.build-stores}"
mkdir -p "$FOLDER"
trap 'Tests/store-services.sh stop "$FOLDER"' EXIT
eval "$(Tests/store-services.sh start "$FOLDER")"
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --build-tests
swift test --no-parallel -c release --skip-build --filter "S3ServiceTests|S3SessionTests|S3SimpleServiceTests|WebHDFSServiceTests|HDFSNodeFailureTests|StoreKillTests|StoreFailureTests|StoreCommandTests"
