#!/usr/bin/env bash
# Instructions a span of the walk and of mapping with writing, by callgrind: the same number each time
# for the same binary and payload, whatever else the machine does.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=${BENCH_DIRECTORY:-../shared/bench}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# callgrind of Debian cannot read Swift's debug information.
strip --strip-debug -o "$work/step-benchmark" .build/release/step-benchmark

count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" "$work/step-benchmark" "$@" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

for payload in "$bench"/payloads/?.pb; do
    for verb in walk map; do
        few=$(count --repeat 10 --only "$verb" "$payload")
        many=$(count --repeat 30 --only "$verb" "$payload")
        spans=$("$work/step-benchmark" --count "$payload")
        echo "$(basename "$payload") $verb: $(((many - few) / (20 * spans))) instructions a span"
    done
done
