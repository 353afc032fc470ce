#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# kill -9 at random moments, resumed runs too: the run that goes on ends with the bytes of one that was never
# killed (reliability G1). RONDO_SEED repeats the moments of an earlier run; RONDO_DEEP=1 kills a thousand times.
program=$1 source=$2
. "$source/tests/cli/kill_common.sh"
kills=60
[ -z "${RONDO_DEEP:-}" ] || kills=1000
seed=${RONDO_SEED:-$(date +%s)}

began=$(date +%s%N)
(train whole-stream $stream) || { failed "an undisturbed run ends with status 0"; exit 1; }
(train whole-lines $lines) || { failed "an undisturbed run ends with status 0"; exit 1; }
whole=$((($(date +%s%N) - began) / 2000000)) # of a run, in milliseconds
awk -v n=$((2 * kills)) -v seed="$seed" -v whole="$whole" \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.4f\n", rand() * 1.1 * whole / 1000 }' >delays

# one_run KIND OPTIONS: takes delays from standard input until a run came to its end.
one_run() {
    kind=$1 options=$2 turn=0
    forget killed
    while read -r delay; do
        threads=$((turn % 3 + 1))
        turn=$((turn + 1))
        if [ -f killed.run/options ]; then
            (exec "$program" train -q --resume killed.run --threads $threads) 2>resume.err </dev/null &
        else
            (train killed $options --threads $threads) 2>resume.err </dev/null &
        fi
        job=$!
        sleep "$delay"
        kill -9 $job 2>/dev/null && struck=$((struck + 1))
        wait $job 2>/dev/null
        ended=$?
        tried=$((tried + 1))
        [ $ended = 0 ] && break
        if [ $ended != 137 ]; then
            failed "kill $tried: going on ends with status $ended (RONDO_SEED=$seed)"
            tell_resume
            return
        fi
        [ $turn -lt 4 ] || break
    done
    if ! go_on killed $options; then
        failed "kill $tried: going on fails (RONDO_SEED=$seed)"
        tell_resume
    elif ! same_model "whole-$kind" killed; then
        failed "kill $tried: the resumed model differs (RONDO_SEED=$seed)"
    elif ls killed.run/*.tmp.* killed.safetensors.tmp.* 2>/dev/null; then
        failed "kill $tried: a temporary is left (RONDO_SEED=$seed)"
    fi
}

tried=0 struck=0
exec 3<delays
while [ $tried -lt $kills ] && [ $bad = 0 ]; do
    one_run stream "$stream" <&3
    one_run lines "$lines" <&3
done
[ $bad = 0 ] && passed "$struck kills at random moments, each run resumed to the bytes of the one never killed"
exit "$bad"
