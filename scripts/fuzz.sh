#!/bin/sh
# Runs every fuzzer of a build made with RONDO_FUZZ=ON on a copy of its corpus: fuzz.sh BUILD [SECONDS for each]
set -u
build=${1:?usage: fuzz.sh BUILD [SECONDS]}
seconds=${2:-60}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d) || exit 5
trap 'rm -rf "$work"' EXIT
failed=0
for fuzzer in "$build"/fuzz/fuzz_*; do
    [ -x "$fuzzer" ] || continue
    name=${fuzzer##*/fuzz_}
    mkdir -p "$work/$name"
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/fuzz/$name-" "$work/$name" "$root/fuzz/corpus/$name" >"$work/$name.log" 2>&1; then
        echo "ok - fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") executions"
    else
        tail -n 40 "$work/$name.log"
        echo "not ok - fuzz $name: the input is in $build/fuzz/"
        failed=1
    fi
done
exit $failed
