#!/usr/bin/env bash
# Figures of the release program: steps alone, size, start, memory, and CPU a span on the whole way.
#
# The whole way needs a load generator and a sink, which are no part of this repository:
# BENCH_DIRECTORY names a folder with bench.py and payloads/ (A to D, plain and gzip). Where there is
# none, requests are made here and only the steps are measured. Compare figures of one run alone.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$PWD/.build/release/mastra-gateway
bench=${BENCH_DIRECTORY:-../shared/bench}
work=$(mktemp -d)
python=python3
[ -x .venv/bin/python ] && python=.venv/bin/python
trap 'rm -rf "$work"' EXIT

if [ -d "$bench/payloads" ]; then
    payloads=("$bench"/payloads/?.pb)
else
    "$python" Benchmarks/make_payload.py "$work/sample.pb"
    payloads=("$work/sample.pb")
fi

echo "## Steps, CPU of the best round"
.build/release/step-benchmark "${payloads[@]}"

echo
echo "## The local store: spans with messages, and plain ones"
.build/release/store-benchmark "$work/store.db" 100000
.build/release/store-benchmark "$work/plain.db" 100000 plain | head -2

echo
echo "## Size"
stat -c '%s bytes, stripped, with the Swift runtime inside' "$program"

echo
echo "## Start and idle memory"
"$program" --http-listen 127.0.0.1:0 --grpc-listen off --admin-listen off --log-format json 2>"$work/log" &
pid=$!
begin=$(date +%s%N)
until grep -q '"Started"' "$work/log"; do
    kill -0 "$pid" || exit 1
    [ $((($(date +%s%N) - begin) / 1000000)) -lt 10000 ] || exit 1
done
echo "listening after $((($(date +%s%N) - begin) / 1000000)) ms"
grep -E 'VmRSS|RssAnon' "/proc/$pid/status"
kill "$pid"
wait "$pid"

echo
"$python" Benchmarks/receiver.py --rounds "${BENCH_ROUNDS:-3}"

if [ ! -f "$bench/bench.py" ]; then
    echo
    echo "No load generator at $bench (BENCH_DIRECTORY): the whole way is not measured."
    exit 0
fi
command="env MASTRA_CLOUD_ACCESS_TOKEN=bench $program --http-listen 127.0.0.1:{port} --grpc-listen off --admin-listen off"
command+=" --endpoint http://127.0.0.1:{sink_port} --max-batch-wait 1s --log-level warn"
for tool in ${BENCH_TOOLS:-pace h2c}; do
    echo
    echo "## The whole way, CPU seconds a million spans ($tool), beside a floor in the same run"
    python3 "$bench/bench.py" ours --cmd "$command" --with "$([ "$tool" = h2c ] || echo floor-c)" \
        --tool "$tool" --rounds "${BENCH_ROUNDS:-3}" --secs "${BENCH_SECONDS:-2}" --rates ''
done
