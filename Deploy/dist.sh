#!/usr/bin/env bash
# Builds what is given to others, in dist/: an archive with the program, its manual pages, completions for shells and the
# licenses of what it contains; a Debian package with a systemd unit and a user of its own; checksums; and a list of the
# parts (SBOM, CycloneDX 1.5). Needs Debian's libsqlite3-dev, zlib1g-dev, libstdc++-12-dev, xz-utils, dpkg and python3.
#
#   Deploy/dist.sh              builds
#   Deploy/dist.sh --no-build   packs what was built before
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD scratch=$PWD/.build-dist
version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/SwiftwaterCommand/SwiftwaterCommand.swift)
machine=$(uname -m)
name=swiftwater-$version-linux-$machine
out=$root/dist
# The same input gives the same archive: times are that of the last commit.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

# Static libraries, in a folder that pkg-config names in place of that of the shared ones.
mkdir -p "$scratch/static"
export PKG_CONFIG_PATH=$scratch/static
for library in libsqlite3 libz libstdc++; do
  file=$(${CC:-cc} -print-file-name=$library.a)
  [ -e "$file" ] || { echo "dist: $library.a is missing: apt install libsqlite3-dev zlib1g-dev libstdc++-12-dev" >&2; exit 69; }
  cp "$file" "$scratch/static/"
  short=${library#lib}
  package=$([ "$short" = z ] && echo zlib || echo "$short")
  printf 'Name: %s\nDescription: static\nVersion: 1\nLibs: -L%s -l%s\n' "$package" "$scratch/static" "$short" \
    > "$scratch/static/$package.pc"
done
if [ "${1:-}" != --no-build ]; then
  # A program needs no list of its functions for others to link with. lld packs the list of places that are moved at the
  # start, which gold cannot; a loader since glibc 2.36 (Debian 12) knows that form.
  SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --product swiftwater --static-swift-stdlib \
    --scratch-path "$scratch" -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=safe \
    -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs
  # The tool that makes manual pages of a program's own help.
  swift build -c release --package-path "$scratch/checkouts/swift-argument-parser" --scratch-path "$scratch/manual" \
    --product generate-manual
fi

rm -rf "$out"
folder=$out/$name
mkdir -p "$folder"/{bin,share/man/man1,share/doc/swiftwater/licenses}
program=$folder/bin/swiftwater
cp "$scratch/release/swiftwater" "$program"
strip "$program"

"$scratch/manual/release/generate-manual" "$program" --multi-page --output-directory "$folder/share/man/man1" \
  --date "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)" --section 1 >/dev/null
gzip -9n "$folder"/share/man/man1/*.1
for shell in bash:share/bash-completion/completions/swiftwater zsh:share/zsh/site-functions/_swiftwater \
  fish:share/fish/vendor_completions.d/swiftwater.fish; do
  file=$folder/${shell#*:}
  mkdir -p "$(dirname "$file")"
  "$program" --generate-completion-script "${shell%%:*}" > "$file"
done
cp LICENSE README.md CHANGELOG.md "$folder/share/doc/swiftwater/"
cp -r docs "$folder/share/doc/swiftwater/docs"
for checkout in "$scratch"/checkouts/*/; do
  part=$(basename "$checkout")
  for file in "$checkout"LICENSE* "$checkout"NOTICE*; do
    if [ -e "$file" ]; then cp "$file" "$folder/share/doc/swiftwater/licenses/$part-$(basename "$file")"; fi
  done
done
python3 Deploy/sbom.py "$version" "$scratch" "$folder/share/doc/swiftwater/sbom.json"
cp "$folder/share/doc/swiftwater/sbom.json" "$out/$name.sbom.json"

archive() { # of a folder in another, to a file
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$1" -c "$2" | xz -9e -T1 > "$3"
}
archive "$out" "$name" "$out/$name.tar.xz"
Deploy/debian/build.sh "$folder" "$version" "$out"
(cd "$out" && sha256sum ./*.tar.xz ./*.deb ./*.sbom.json | sed 's# \./# #' > SHA256SUMS)

size() { stat -c %s "$1" | awk '{ printf "%.1f MB", $1 / 1e6 }'; }
echo "program $(size "$program"), archive $(size "$out/$name.tar.xz"), package $(size "$(ls "$out"/*.deb)")"
echo "in $out; what the program needs of the system:"
ldd "$program" | awk '{ print "  " $1 }'
