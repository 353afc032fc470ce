#!/bin/sh
# rondo demo: names, a score beside its baselines, a model, a picture, and what to try next.
program=$1 source=$2
. "$source/tests/cli/common.sh"

"$program" demo --fast --out here >names 2>err
check "demo: status 0" [ $? = 0 ]
check "twelve names on standard output" [ "$(wc -l <names)" = 12 ]
check "the score beside the baselines" grep -qE '^score .*nats a letter.*unigram [0-9.]+, markov-1 [0-9.]+, markov-2 [0-9.]+' err
check "it beats the Markov chain of order 2" sh -c 'sed -n "s/^score *\([0-9.]*\).*markov-2 \([0-9.]*\).*/\1 \2/p" err | awk "{ exit !(\$1 < \$2) }"'
check "the share of names from the list" grep -qE '[0-9.]+ % stand in the list' err
check "a model and a picture" [ -s here/names.safetensors -a -s here/names.loss.svg ]
check "what to try next" grep -q 'rondo generate -m here/names.safetensors' err
check "which works" "$program" generate -m here/names.safetensors -p Tyr -n 3
cp here/names.safetensors first
"$program" demo --fast --out here --threads 3 >again 2>err
check "a second time gives the same bytes" cmp first here/names.safetensors
check "and the same names" cmp names again
"$program" demo --fast --out two --seed 2 -n 3 -q >names 2>err
check "-n 3 -q: three names and nothing else" [ "$(wc -l <names)" = 3 -a ! -s err ]
exit $bad
