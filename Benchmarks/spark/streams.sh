#!/usr/bin/env bash
# Runs SparkStreams.scala and prints its figures. See that file for arguments.
set -euo pipefail
"$(dirname "$0")/scala.sh" SparkStreams "$@" 2>/dev/null | grep '^spark'
