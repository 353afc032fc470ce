#!/bin/sh
# kill -9 at random moments: the resumed run ends with the bytes of the run that was never killed (reliability G1).
program=$1
source=$2
. "$source/tests/cli/kill_common.sh"
rounds=30
[ -z "${RONDO_DEEP:-}" ] || rounds=300

train whole.safetensors || { failed "an undisturbed run ends with status 0"; exit 1; }
round=0
wrong=0
while [ $round -lt $rounds ]; do
    round=$((round + 1))
    rm -rf killed.safetensors killed.run
    # Delays from 0 to about the length of a whole run, spread evenly and not in order.
    delay=$(awk -v r=$round -v n=$rounds 'BEGIN { printf "%.4f", ((r * 7) % n) / n * 0.25 }')
    train killed.safetensors 2>/dev/null &
    job=$!
    sleep "$delay"
    kill -9 $job 2>/dev/null
    wait $job 2>/dev/null
    if [ ! -f killed.safetensors ]; then
        if ls killed.run/step-*.safetensors >/dev/null 2>&1; then
            "$program" train -q --resume killed.run 2>resume.err || { cat resume.err; wrong=$((wrong + 1)); continue; }
        else
            rm -rf killed.run
            train killed.safetensors 2>resume.err || { cat resume.err; wrong=$((wrong + 1)); continue; }
        fi
    fi
    cmp -s whole.safetensors killed.safetensors || wrong=$((wrong + 1))
done
if [ $wrong = 0 ]; then
    passed "$rounds random kills, each resumed to the bytes of the unkilled run"
else
    failed "$wrong of $rounds killed runs did not resume to the same bytes"
fi
exit "$bad"
