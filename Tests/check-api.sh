#!/usr/bin/env bash
# Runs schemathesis (PyPI) against the server to check that the API matches its OpenAPI document.
# EXAMPLES sets the number of examples per operation.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV="${TMPDIR:-/tmp}/swiftwater-schemathesis"
[ -x "$VENV/bin/schemathesis" ] || { python3 -m venv "$VENV" && "$VENV/bin/pip" install -q schemathesis; }
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --product swiftwater
STATE=$(mktemp -d)
PROGRAM=$PWD/.build/release/swiftwater
# What schemathesis stores about a run is removed with this directory.
cd "$STATE"
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$PROGRAM" serve --demo --port "$PORT" --state "$STATE/state" 2> "$STATE/log" &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; wait $SERVER 2>/dev/null; rm -rf "$STATE"' EXIT
for _ in $(seq 100); do curl -sf http://127.0.0.1:$PORT/readyz > /dev/null && break; sleep 0.2; done
# Excluded: an event stream never ends.
"$VENV/bin/schemathesis" run http://127.0.0.1:$PORT/openapi.json --exclude-path /v1/events -n "${EXAMPLES:-100}"
kill -0 $SERVER
