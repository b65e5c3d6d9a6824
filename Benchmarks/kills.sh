#!/usr/bin/env bash
# Kills Spark's DStream with checkpoints, and counts what is lost and doubled. KILLS: of each kind of input, 3 by default.
# The same of Swiftwater: SWIFTWATER_KILLS=300 swift test -c release --filter KillTests.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
"$PYTHON" Benchmarks/spark/kills.py "${KILLS:-3}"
