#!/usr/bin/env bash
# Proves what `make dist` made, in a folder with nothing but a bare Debian 12 (debootstrap, minbase): the program of the
# archive runs, the package is installed, upgraded, removed and purged, and the service's command line works.
#
#   Tests/dist-proof.sh [MIRROR]     as root; needs debootstrap; keeps the bare system in .build-debian
set -euo pipefail
cd "$(dirname "$0")/.."
mirror=${1:-$(awk '/^URIs:|^deb / { print $2; exit }' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null)}
base=$PWD/.build-debian
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
say() { printf '%-44s' "$1"; }
ok() { echo ok; }
fail() { echo "FAILED: $*"; exit 1; }
# Not with && after a test: `set -e` would not see it fail.
trap 'echo "FAILED in line $LINENO"' ERR
[ -e "$base/usr/bin/dpkg" ] || debootstrap --variant=minbase bookworm "$base" "$mirror" >/dev/null
cp -a "$base/." "$root/"
# Swift reads the words of the command line from there.
mount -t proc proc "$root/proc"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 chroot "$root" "$@"; }

say "the archive's program needs only libc"
mkdir "$root/try"
tar -C "$root/try" --strip-components=1 -xf dist/*.tar.xz
inside /try/bin/swiftwater --version >/dev/null
ok
say "it shows its connectors"
inside /try/bin/swiftwater connectors > "$root/connectors.txt"
grep -q 'kafka://' "$root/connectors.txt"
ok
say "both case studies run"
inside /try/bin/swiftwater demo > "$root/demo.txt" 2>&1 || fail "$(tail -3 "$root/demo.txt")"
grep -q 'Top 10 films' "$root/demo.txt"
ok
say "checksums"
(cd dist; sha256sum --quiet -c SHA256SUMS)
ok

say "the package is installed"
cp dist/*.deb "$root/swiftwater.deb"
inside dpkg -i /swiftwater.deb >/dev/null
ok
say "it has a user, a state directory and a unit"
inside getent passwd swiftwater | grep -q nologin
[ "$(inside stat -c %U:%a /var/lib/swiftwater)" = swiftwater:750 ]
[ -e "$root/lib/systemd/system/swiftwater.service" ]
ok
say "its configuration is good"
inside swiftwater config check /etc/swiftwater/swiftwater.yaml >/dev/null
ok
say "manual pages and completions are there"
[ "$(ls "$root"/usr/share/man/man1/swiftwater*.1.gz | wc -l)" -gt 20 ]
[ -s "$root/usr/share/bash-completion/completions/swiftwater" ]
ok

say "the service's command answers, as its user"
sed -i 's/^  source:.*/  source: "socket:\/\/127.0.0.1:9"/; s/^  #port: .*/  port: 17780/' "$root/etc/swiftwater/swiftwater.yaml"
command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/swiftwater.service")
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" setpriv --reuid swiftwater --regid swiftwater --clear-groups $command \
  > "$root/serve.log" 2>&1 & serve=$!
for _ in $(seq 100); do
  if inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/17780 && printf "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3 && head -1 <&3' 2>/dev/null | grep -q 200; then up=yes; break; fi
  sleep 0.1
done
[ "${up:-}" = yes ] || fail "$(tail -3 "$root/serve.log")"
kill -TERM $serve
wait $serve
ok

say "an upgrade keeps configuration and state"
touch "$root/var/lib/swiftwater/kept"
inside dpkg -i /swiftwater.deb >/dev/null
grep -q 17780 "$root/etc/swiftwater/swiftwater.yaml"
[ -e "$root/var/lib/swiftwater/kept" ]
ok
say "removal keeps them, too"
inside dpkg -r swiftwater >/dev/null
[ ! -e "$root/usr/bin/swiftwater" ]
[ -e "$root/var/lib/swiftwater/kept" ]
[ -e "$root/etc/swiftwater/swiftwater.yaml" ]
ok
say "a purge leaves nothing"
inside dpkg -P swiftwater >/dev/null
[ ! -e "$root/var/lib/swiftwater" ] && [ ! -e "$root/etc/swiftwater" ] && ! inside getent passwd swiftwater >/dev/null
ok
