#!/bin/sh
# bench/side_by_side.py and bench/make_page.py: a peer that is missing is told, and the page is filled from figures.
# usage: test_side_by_side.sh PROGRAM SOURCE
set -u
program=$1 source=$2
command -v python3 >/dev/null || { echo "skip: there is no python3 here"; exit 77; }
[ -r /proc/stat ] || { echo "skip: there is no /proc here"; exit 77; }
. "$source/tests/cli/common.sh"

beside() { timeout 120 python3 "$source/bench/side_by_side.py" --rondo "$program" --cycles 1 --seconds 0.01 --threads 1 "$@"; }
beside train-lstm-128 --peers onednn --build /nowhere --json all.jsonl --markdown table.md >out 2>err
check "side_by_side: rondo's own figure" grep -q '^train-lstm-128 .* rondo .* tokens/s' out
check "side_by_side: a peer that is not built is missing" grep -q '^train-lstm-128 .* onednn  *missing: /nowhere/onednn is not built' out
check "side_by_side --json: a line each" [ "$(grep -c '"peer": "\(rondo\|onednn\)"' all.jsonl)" = 2 ]
check "side_by_side --markdown" grep -q '^| train-lstm-128 | 1 .*missing' table.md
beside train-lstm-128 --peers pytorch --python false >out 2>err
check "side_by_side: a peer that does not start is missing" grep -q 'pytorch  *missing: it could not start' out
if beside nothing >out 2>err; then failed "side_by_side: an unknown workload"; else passed "side_by_side: an unknown workload"; fi
check "side_by_side: an unknown workload is told" grep -q "no workload 'nothing'" err

# a peer that answers: twice as slow as rondo in each figure
sed 's/"peer": "rondo"/"peer": "pytorch", "peer_version": "torch 0", "peer_s": 1, "peer_tokens_per_s": 1, "ratio": 2, "least": 1.5, "most": 2.5/' all.jsonl |
    grep '"pytorch"' >peer.jsonl
cat all.jsonl peer.jsonl | sed 's/"other_cores": [0-9.]*/"other_cores": 0/' >both.jsonl
sed 's/"other_cores": 0/"other_cores": 1/' both.jsonl >busy.jsonl
sed '/^<!-- figures/,/^<!-- end of figures/{/^<!--/!d}' "$source/docs/performance.md" >page.md
python3 "$source/bench/make_page.py" both.jsonl page.md >out 2>err
check "make_page: a row with ratio and spread" grep -q '^| train-lstm-128 | 1 | .*: \*\*2.00\*\* (1.50–2.50) | missing | 1.25 / 1.6 aim |$' page.md
cp page.md again.md
python3 "$source/bench/make_page.py" both.jsonl again.md >out 2>err
check "make_page: the same page again" cmp page.md again.md
python3 "$source/bench/make_page.py" busy.jsonl page.md >out 2>err
check "make_page: a busy machine is marked and gives no verdict" grep -q '^| train-lstm-128† | 1 | .*| missing | 1.25 / 1.6 |$' page.md
exit $bad
