#!/usr/bin/env python3
"""Writes the list of the parts that the program contains, as CycloneDX 1.5: sbom.py VERSION SCRATCH OUT."""

import json
import os
import re
import subprocess
import sys
import time

version, scratch, out = sys.argv[1:]


def license_of(name):
    """Returns the license of a package by the words of its file."""
    folder = os.path.join(scratch, "checkouts", name)
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if file.upper().startswith("LICENSE"):
            text = open(os.path.join(folder, file), encoding="utf-8", errors="replace").read(4000)
            if "Apache License" in text:
                return "Apache-2.0"
            if "MIT License" in text or "Permission is hereby granted, free of charge" in text:
                return "MIT"
    return None


def part(name, version, purl=None, license=None, url=None):
    """Returns a component."""
    result = {"type": "library", "name": name, "version": version, "bom-ref": purl or f"{name}@{version}"}
    if purl:
        result["purl"] = purl
    if license:
        result["licenses"] = [{"license": {"id": license} if re.match(r"^[A-Za-z0-9.-]+$", license) else {"name": license}}]
    if url:
        result["externalReferences"] = [{"type": "vcs", "url": url}]
    return result


parts = []
for pin in json.load(open("Package.resolved"))["pins"]:
    place = pin["location"].removesuffix(".git")
    number = pin["state"].get("version") or pin["state"]["revision"]
    name = os.path.basename(place)
    parts.append(
        part(name, number, f"pkg:swift/{place.removeprefix('https://')}@{number}", license_of(name), pin["location"]))
swift = re.search(r"Swift version (\S+)", subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout)
parts.append(part("swift-runtime", swift.group(1), license="Apache-2.0", url="https://github.com/swiftlang/swift"))
for package, name, license in [
    ("libsqlite3-dev", "sqlite3", "blessing"), ("zlib1g-dev", "zlib", "Zlib"),
    ("libstdc++-12-dev", "libstdc++", "GPL-3.0-with-GCC-exception"),
]:
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    if found.returncode == 0:
        parts.append(part(name, found.stdout, f"pkg:deb/debian/{package}@{found.stdout}", license))
moment = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
parts.sort(key=lambda part: part["name"].lower())
document = {
    "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
    "metadata": {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
        "component": {
            "type": "application", "name": "swiftwater", "version": version, "bom-ref": f"swiftwater@{version}",
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        },
    },
    "components": parts,
    "dependencies": [{"ref": f"swiftwater@{version}", "dependsOn": [part["bom-ref"] for part in parts]}],
}
with open(out, "w", encoding="utf-8") as file:
    json.dump(document, file, indent=2)
    file.write("\n")
