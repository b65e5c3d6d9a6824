#!/usr/bin/env bash
# Runs the tests that need a real Spark, and compares the minimal .proto with that of the installed Spark.
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER="$PWD/.build-spark-server"
if [ -z "${SPARK_REMOTE:-}" ]; then
  eval "export $(Tests/spark-server.sh start)"
  trap 'Tests/spark-server.sh stop' EXIT
fi
swift build -c release --build-tests
swift test -c release --skip-build --filter RealSparkTests
if command -v protoc >/dev/null && [ -e "$FOLDER/venv/bin/pip" ]; then
  "$FOLDER/venv/bin/pip" install -q protobuf
  JARS="$("$FOLDER/venv/bin/python" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')/jars"
  PROTOS="$FOLDER/protos"
  mkdir -p "$PROTOS"
  "$FOLDER/venv/bin/python" -m zipfile -e "$JARS"/spark-connect_2.13-*.jar "$PROTOS"
  protoc -I "$PROTOS" --include_imports --descriptor_set_out="$FOLDER/spark.desc" "$PROTOS"/spark/connect/*.proto
  protoc -I Sources/SwiftwaterSparkProtocol --descriptor_set_out="$FOLDER/ours.desc" \
    Sources/SwiftwaterSparkProtocol/spark_connect.proto
  "$FOLDER/venv/bin/python" Tests/check-spark-proto.py "$FOLDER/ours.desc" "$FOLDER/spark.desc"
else
  echo "the .proto was not compared: that takes protoc (Debian: protobuf-compiler) and a Spark installed by this script"
fi
