#!/bin/sh
# Writes the C of every .proto beside this script: `generate.sh [DIRECTORY]`, by default Sources/COTLP.
# Sources land in DIRECTORY, headers in DIRECTORY/include; what stood there under *.pb-c.* is replaced.
set -eu

command -v protoc-c >/dev/null || {
    echo "proto/generate.sh needs protoc-c on the PATH; Debian's package is protobuf-c-compiler." >&2
    exit 69
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=${1:-$here/../Sources/COTLP}
mkdir -p -- "$target/include"
target=$(CDPATH='' cd -- "$target" && pwd)

fresh=$(mktemp -d)
trap 'rm -rf -- "$fresh"' EXIT

# Run from here with bare names, so that no path of this machine reaches the output.
cd -- "$here"
protoc-c --c_out="$fresh" ./*.proto

rm -f -- "$target"/*.pb-c.c "$target"/include/*.pb-c.h
mv -- "$fresh"/*.pb-c.c "$target"
mv -- "$fresh"/*.pb-c.h "$target/include"
