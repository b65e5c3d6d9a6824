#!/bin/sh
# The versions of the packages that the image is built with, in Deploy/dependencies.tsv: name, repository, version,
# commit. A library leaves versions to its users; an image that listens on a network should not change by itself.
#
#   Deploy/pin.sh write    takes them over from Package.resolved, after tests with these versions have passed
#   Deploy/pin.sh apply    makes Package.resolved of them
set -eu
cd "$(dirname "$0")/.."
list=Deploy/dependencies.tsv
case "${1:-}" in
write)
  awk -F'"' '
    $2 == "identity" { name = $4 } $2 == "location" { place = $4 } $2 == "revision" { commit = $4 }
    $2 == "version" && $4 != "" { printf "%s\t%s\t%s\t%s\n", name, place, $4, commit }' Package.resolved > "$list"
  ;;
apply)
  awk -F'\t' '
    BEGIN { print "{\n  \"pins\" : [" }
    NF == 4 {
      printf "%s    {\n      \"identity\" : \"%s\",\n      \"kind\" : \"remoteSourceControl\",\n", (n++ ? ",\n" : ""), $1
      printf "      \"location\" : \"%s\",\n      \"state\" : {\n", $2
      printf "        \"revision\" : \"%s\",\n        \"version\" : \"%s\"\n      }\n    }", $4, $3
    }
    END { print "\n  ],\n  \"version\" : 2\n}" }' "$list" > Package.resolved
  ;;
*) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
