#!/bin/sh
# shellcheck disable=SC2086,SC3045 # the limit of address space is looked for first; options are meant to split into words
# What does not fit is refused before step 1: status 6, the largest parts, the option that would help.
program=$1 source=$2
. "$source/tests/cli/common.sh"
if "$program" --version | grep -qi sanitize || grep -aq __asan_init "$program" || grep -aq __tsan_init "$program"; then
    echo "skip - memory limits: a sanitizer's memory cannot be limited"
    exit 77
fi
limit=300000 # KiB of address space
if ! (ulimit -v $limit) 2>/dev/null; then
    echo "skip - memory limits: address space cannot be limited here"
    exit 77
fi
make_text part
n=0
while [ $n -lt 60 ]; do cat part; n=$((n + 1)); done >text.txt
# refused NAME PATTERN HINT OPTIONS: within the limit, status 6 with such a message and such a hint, and nothing done.
refused() {
    name=$1 pattern=$2 hint=$3
    shift 3
    (ulimit -v $limit && timeout 60 "$program" train -q --threads 1 --max-steps 1 "$@" text.txt) >out 2>err </dev/null
    check "$name: status 6" [ $? = 6 ]
    check "$name: what does not fit" grep -qE "$pattern" err
    check "$name: what would help" grep -qE "^hint: .*$hint" err
    check "$name: nothing was made" [ ! -s out -a ! -e text.run -a ! -e text.safetensors ]
    [ $bad = 0 ] || cat err
}
refused "a model" '^rondo: a model of [0-9]+ parameters needs [0-9.]+ MiB for them and [0-9.]+ MiB for packed weights, ulimit -v leaves [0-9.]+ MiB$' \
    '"h1" has [0-9]+ of them: .*--hidden-size' --hidden-size 4000 --batch-size 1
refused "what learns it" '^rondo: training needs [0-9.]+ MiB more, ulimit -v leaves [0-9.]+ MiB; the largest parts: packed weights [0-9.]+ MiB, ' \
    '--hidden-size' --hidden-size 1700 --init-recurrent input --batch-size 1 --seq-len 4
refused "a batch" '^rondo: training needs [0-9.]+ MiB more, .*; the largest parts: saved gates and workspace of "h1" [0-9.]+ MiB, ' \
    '--batch-size, --seq-len' --hidden-size 128 --batch-size 1000 --seq-len 200
(ulimit -v $limit && timeout 60 "$program" train -q --threads 1 --max-steps 1 --hidden-size 128 text.txt) >out 2>err </dev/null
check "what fits is trained within the limit" [ $? = 0 ]
exit $bad
