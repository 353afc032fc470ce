#!/bin/sh
# rondo bench: workloads by name, one figure a line, comparison with an earlier result.
# usage: test_bench.sh PROGRAM SOURCE
set -u
program=$1 source=$2
. "$source/tests/cli/common.sh"

"$program" bench --list >list.txt
check "bench --list: every kind" [ "$(cut -d- -f1 list.txt | sort -u | tr '\n' ' ')" = \
    "load memory scan score sequence step stream train " ]
check "bench --list: no name twice" [ "$(cut -d' ' -f1 list.txt | sort | uniq -d | wc -l)" = 0 ]
"$program" bench --list --json >list.json
check "bench --list --json: a line each" [ "$(grep -c '^{"schema":1,"workload":".*"flops":[0-9.e+]*,.*}$' list.json)" = "$(wc -l <list.txt)" ]

"$program" bench train-lstm-128 stream-lstm-128 --json --threads 1 --max-time 0.01s >one.json 2>err
check "bench: a JSON line a figure" [ "$(wc -l <one.json)" = 2 ]
for name in workload threads isa runs median_s min_s max_s tokens_per_s gflops roof_gflops roof_share bytes; do
    check "bench --json has $name" [ "$(grep -c "[{,]\"$name\":" one.json)" = 2 ]
done
check "bench --json: braces and quotes are closed" awk '
    { braces = gsub(/[{]/, "{") - gsub(/[}]/, "}"); quotes = gsub(/"/, "\"")
      if (braces || quotes % 2 || !/^[{].*[}]$/ || /:,|,,|nan|inf/) exit 1 }' one.json
"$program" bench train-lstm-128 stream-lstm-128 --format json --threads 1 --max-time 0.01s >two.json 2>err
check "bench --format json has the same fields" [ "$(sed 's/:[^,}]*//g' one.json | md5sum)" = "$(sed 's/:[^,}]*//g' two.json | md5sum)" ]
# 2 gates H (I + H) a token, times 3: 2 * 4 * 128 * 256 * 32 * 64 * 3
check "bench: FLOPs as they are counted" grep -q '"workload":"train-lstm-128".*"flops":1610612736,' one.json

"$program" bench train-lstm-128 --threads 1 --max-time 0.01s >table.txt 2>err
check "bench: a table" grep -q '^train-lstm-128  *[0-9.]* .s ' table.txt
"$program" bench train-lstm-128 --threads 1 --max-time 0.01s --format md >table.md 2>err
check "bench --format md: a table" [ "$(grep -c '^|.*|$' table.md)" = 3 ]

says "bench: an unknown name" 2 'rondo: rondo bench: no workload "trian-lstm-128"
hint: did you mean train-lstm-128? rondo bench --list names all' bench trian-lstm-128
says "bench: before anything is measured" 2 'rondo: rondo bench: no workload "nothing"
hint: rondo bench --list names all' bench train-lstm-128 nothing

sed 's/"\(median\|min\|max\)_s":[0-9.e-]*/"\1_s":1e-9/g' one.json >fast.json
sed 's/"\(median\|min\|max\)_s":[0-9.e-]*/"\1_s":1000/g' one.json >slow.json
status "bench --compare: much slower is status 1" 1 bench train-lstm-128 --threads 1 --max-time 0.01s --compare fast.json
check "bench --compare: slower is said" grep -q '^train-lstm-128: .* times as fast .*SLOWER$' status.err
status "bench --compare: faster is status 0" 0 bench train-lstm-128 --threads 1 --max-time 0.01s --compare slow.json
check "bench --compare: the ratio with its spread" grep -q '^train-lstm-128: [0-9.]* times as fast ([0-9.]* to [0-9.]*) as 1e+03 s a call$' status.err
status "bench --compare: a workload that is not there" 0 bench sequence-lstm-256 --threads 1 --max-time 0.01s --compare slow.json
check "bench --compare: it is said" grep -q 'sequence-lstm-256: not in the earlier result' status.err

"$program" bench --by-length --hidden-size 8 --seq-len 64 --threads 1 --max-time 0.01s >scan.txt 2>err
check "bench --by-length: tokens/s of three cells" grep -q '^  *64  *[0-9]*  *[0-9]*  *[0-9]*  *[0-9]*  *[0-9.]*$' scan.txt
"$program" bench --by-length --hidden-size 8 --seq-len 64 --threads 1 --max-time 0.01s --json >scan.json 2>err
check "bench --by-length --json: a line a cell" [ "$(grep -c '"workload":"scan-\(rnn\|gru\|mingru\)-8-64"' scan.json)" = 3 ]
exit $bad
