#!/usr/bin/env bash
# Chromium with its driver and promtool, where Debian's packages may be installed; without them their tests say so and pass over.
set -uo pipefail
command -v chromedriver >/dev/null && command -v chromium >/dev/null && command -v promtool >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # Prometheus itself need not run.
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium chromium-driver prometheus || true
else
  echo "Not installed: chromium, chromium-driver, prometheus (Debian's names)"
fi
