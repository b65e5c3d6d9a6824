#!/bin/bash
# Regenerates golden.jsonl, with the Spark of a pyspark installation:
#
#     ./record.sh PYSPARK_JARS_DIR > golden.jsonl
#
# PYSPARK_JARS_DIR is the folder pyspark/jars in the site-packages of an environment with pyspark 4.3.0; the Scala
# compiler is among these jars. Needs Java 17 (java on the PATH). Takes a few minutes. Spark's own messages, including
# the errors of the scenarios that are known to fail, go to stderr.
set -euo pipefail

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "usage: $0 PYSPARK_JARS_DIR > golden.jsonl" >&2
    exit 2
fi
jars=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/classes"
java -cp "$jars/*" scala.tools.nsc.Main -usejavacp -nowarn -encoding UTF-8 -d "$work/classes" \
    "$here/GoldenStreams.scala" >&2

# Spark accesses these packages of the JDK by reflection.
options=()
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \
    java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar jdk.internal.ref; do
    options+=("--add-opens=java.base/$package=ALL-UNNAMED")
done

export SPARK_LOCAL_IP=127.0.0.1
java "${options[@]}" -Xmx2g -Dfile.encoding=UTF-8 -Djava.io.tmpdir="$work" -Djava.net.preferIPv4Stack=true \
    -Dlog4j2.level=ERROR -cp "$work/classes:$jars/*" org.apache.spark.streaming.Golden
