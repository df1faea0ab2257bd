#!/usr/bin/env bash
# Lets each fuzzer that `make fuzz-build` has built look for SECONDS, two at a time, and says what came
# of it: run.sh SECONDS [TARGET ...]. What an earlier run came upon is where the next one begins.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

readonly programs=.build-fuzz/release
readonly work=.build-fuzz/fuzzing
# Longer inputs seldom say something new, and take longer.
readonly max_bytes=4096

# Hashing by chance would make one input take different ways; a crash is reported by libFuzzer.
export SWIFT_DETERMINISTIC_HASHING=1 SWIFT_BACKTRACE=enable=no

run_target() {
    local seconds=$1 target=$2
    local program=$programs/fuzz-$target folder=$work/$target
    local kept=Tests/Fuzz/Regressions/$target
    mkdir -p "$folder/corpus" "$folder/findings" "$kept"
    "$program" --seeds "$folder" || return 1
    "$program" "$folder/corpus" "$folder/seeds" "$kept" -dict="$folder/words" \
        -max_total_time="$seconds" -max_len=$max_bytes -timeout=30 -print_final_stats=1 \
        -artifact_prefix="$folder/findings/" >"$folder/log" 2>&1
    local status=$?
    report "$seconds" "$target" "$status" "$folder/log"
    return $status
}

report() {
    local seconds=$1 target=$2 status=$3 log=$4
    local runs edges
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    edges=$(grep -ao 'cov: [0-9]*' "$log" | tail -1)
    if [ "$status" -eq 0 ]; then
        echo "fuzz $target: $seconds s, ${runs:-no} runs, ${edges#cov: } edges, no finding"
        return
    fi
    local input
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    echo "fuzz $target: FINDING after ${runs:-an unknown number of} runs; all of it is in $log"
    grep -aE '^broken claim|Fatal error|^SUMMARY' "$log" | cut -c1-400 | sed 's/^/    /'
    if [ -n "$input" ]; then
        echo "    again: SWIFT_BACKTRACE=enable=no $programs/fuzz-$target $input"
        echo "    smaller: SWIFT_BACKTRACE=enable=no $programs/fuzz-$target -minimize_crash=1 -runs=100000 \
-exact_artifact_path=smaller $input"
        echo "    keep it as Tests/Fuzz/Regressions/$target/WHAT-IT-SHOWS, see Tests/Fuzz/README.md"
    fi
}

if [ "${1:-}" = --one ]; then
    run_target "$2" "$3"
    exit
fi
seconds=$1
shift
[ $# -gt 0 ] || set -- walk transcode mapping http1 http2 receiver queue
printf '%s\n' "$@" | xargs -P 2 -I{} "Tests/Fuzz/run.sh" --one "$seconds" {}
