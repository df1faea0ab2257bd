#!/bin/sh
# Prints the version of the program, from the one place where it stands.
set -eu
sed -n 's/.*static let current = "\(.*\)"/\1/p' "$(dirname "$0")/../Sources/Gateway/GatewayVersion.swift"
