#!/usr/bin/env bash
# Makes a Debian package of a folder with bin and share:
#
#   Deploy/debian/build.sh FOLDER VERSION OUT
set -euo pipefail
folder=$1 version=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
machine=$(dpkg --print-architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{DEBIAN,usr,etc/swiftwater,lib/systemd/system}
cp -r "$folder/bin" "$folder/share" "$tree/usr/"
mkdir -p "$tree/usr/share/doc/swiftwater"
mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
cp "$here/copyright" "$tree/usr/share/doc/swiftwater/copyright"
gzip -9n "$tree/usr/share/doc/swiftwater/CHANGELOG.md"
cp "$here/../swiftwater.service" "$tree/lib/systemd/system/"
cp "$here/swiftwater.yaml" "$tree/etc/swiftwater/"
sed "s/@VERSION@/$version/; s/@MACHINE@/$machine/; s/@SIZE@/$(du -sk "$tree/usr" | cut -f1)/" "$here/control" > "$tree/DEBIAN/control"
echo /etc/swiftwater/swiftwater.yaml > "$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$tree/DEBIAN/$script"; done
chmod -R u=rwX,go=rX "$tree"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/swiftwater_${version}_$machine.deb" >/dev/null
