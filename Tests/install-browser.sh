#!/usr/bin/env bash
# Installs Chromium, its driver, and promtool if Debian packages can be installed. Without them,
# their tests report that and are skipped.
set -uo pipefail
command -v chromedriver >/dev/null && command -v chromium >/dev/null && command -v promtool >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # For promtool; Prometheus itself need not run.
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium chromium-driver prometheus || true
else
  echo "Not installed: chromium, chromium-driver, prometheus (Debian's names)"
fi
