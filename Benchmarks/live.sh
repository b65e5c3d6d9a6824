#!/usr/bin/env bash
# Reads a million events of a local server that speaks Jetstream: from the socket to the last table, on one core, with
# and without a log. Compares with a program that only reads the socket, and shows the memory.
#
#   Benchmarks/live.sh [EVENTS]; ROUNDS changes how often
set -euo pipefail
cd "$(dirname "$0")/.."
EVENTS="${1:-1000000}"
SWIFTWATER="$PWD/.build/release/swiftwater"
WORK="$(mktemp -d)"
PORT=17790
trap 'kill "$SERVER" 2> /dev/null; rm -rf "$WORK"' EXIT
taskset -c 1 python3 Benchmarks/jetstream-server.py "$PORT" "$EVENTS" > "$WORK/ready" &
SERVER=$!
until grep -q ready "$WORK/ready"; do sleep 0.2; done

# Runs the program on core 0 until it has counted all posts, and prints events a second, processor seconds and the peak.
run() {
  local name="$1"
  shift
  rm -f "$WORK/metrics"
  python3 - "$name" "$EVENTS" "$WORK/metrics" taskset -c 0 "$SWIFTWATER" trends --source "jetstream:ws://127.0.0.1:$PORT" \
    --batch 500ms --window 2s --json --master 'local[1]' --metrics-file "$WORK/metrics" "$@" <<'PY'
import os, resource, signal, subprocess, sys, time
name, events, metrics, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
begin = time.monotonic()
program = subprocess.Popen(command, stdout=subprocess.DEVNULL)
counted = 0
while counted < events and program.poll() is None and time.monotonic() - begin < 300:
    time.sleep(0.02)
    try:
        text = open(metrics).read()
    except FileNotFoundError:
        continue
    counted = next((int(l.split()[1]) for l in text.splitlines() if l.startswith("swiftwater_posts_total ")), 0)
seconds = time.monotonic() - begin
program.send_signal(signal.SIGINT)
program.wait()
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{name:<28} {counted:>9,} events in {seconds:5.2f} s, {counted / seconds:>9,.0f}/s, "
      f"{use.ru_utime + use.ru_stime:5.2f} processor s, peak {use.ru_maxrss // 1024} MiB")
PY
}

only_read() {
  taskset -c 0 python3 - "$PORT" "$EVENTS" <<'PY'
import socket, sys, time
port, events = int(sys.argv[1]), int(sys.argv[2])
link = socket.create_connection(("127.0.0.1", port))
begin = time.monotonic()
link.sendall(b"GET /subscribe HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\n\r\n")
buffer, count, size = bytearray(1 << 20), 0, 0
link.settimeout(1)
try:
    while count := link.recv_into(buffer):
        size, last = size + count, time.monotonic()
except TimeoutError:
    pass
print(f"{'only reading the socket':<28} {events:>9,} events in {last - begin:5.2f} s, {events / (last - begin):>9,.0f}/s, {size:,} bytes")
PY
}

for _ in $(seq "${ROUNDS:-3}"); do
  only_read
  run "trends"
  run "trends, with a log" --checkpoint "$WORK/state"
  rm -rf "$WORK/state"
done
