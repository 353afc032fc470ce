#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# Runs that are stopped at random moments, in every phase, and what resuming accepts, repairs and refuses.
# RONDO_SEED repeats the moments of an earlier run; RONDO_DEEP=1 stops a thousand times.
program=$1 source=$2
. "$source/tests/cli/kill_common.sh"
stops=15
[ -z "${RONDO_DEEP:-}" ] || stops=1000
seed=${RONDO_SEED:-$(date +%s)}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# Reading, counting symbols, evaluating and saving take about as long as training does.
awk 'BEGIN { for (i = 0; i < 80000; i++) printf "w%d w%d\n", (i * 7919) % 601, (i * i) % 97 }' >text.txt
phases='--tokens word --eval-every 2 --max-steps 4 --threads 2'
began=$(milliseconds)
(train whole $phases) || { failed "an undisturbed run ends with status 0"; exit 1; }
whole=$(($(milliseconds) - began))

# stop NAME STATUS DELAY: a run is told to stop after a time; going on gives the whole run's bytes.
stop() {
    forget hit
    (train hit $phases) >out 2>err </dev/null &
    job=$!
    sleep "$3"
    began=$(milliseconds)
    kill -s "$1" $job 2>/dev/null
    wait $job
    got=$? took=$(($(milliseconds) - began)) what="SIG$1 after $3 s (RONDO_SEED=$seed)"
    if [ $got = "$2" ]; then stopped=$((stopped + 1)); elif [ $got != 0 ]; then failed "$what: status $got" && cat err; fi
    [ $took -le 5000 ] || failed "$what: gone after $took ms"
    if [ $got = "$2" ] && ls hit.run/step-* >/dev/null 2>&1; then
        saved=$((saved + 1))
        grep -qE '^saved: hit.run, step [0-9]+; resume with: rondo train --resume hit.run$' err ||
            grep -q '^stopped: ' err || [ -f hit.safetensors ] || failed "$what: does not say how to resume"
    fi
    go_on hit $phases || { failed "$what: going on fails" && tell_resume; }
    same_model whole hit || failed "$what: the resumed model differs"
}
stopped=0 saved=0 n=0
awk -v n=$stops -v seed="$seed" -v whole="$whole" \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.4f\n", 0.02 + rand() * whole / 1000 }' >delays
while read -r delay; do
    case $((n % 3)) in
    0) stop INT 130 "$delay" ;;
    1) stop TERM 143 "$delay" ;;
    2) stop HUP 129 "$delay" ;;
    esac
    n=$((n + 1))
    [ $bad = 0 ] || exit 1
done <delays
passed "$stopped of $n runs stopped at random moments, $saved with something to save, all went on to the same bytes"

# A step that takes long: the second signal does not wait for it.
printf '%s' "$(cat text.txt)" | head -c 60000 >short.txt
"$program" train --hidden-size 1024 --seq-len 256 --batch-size 64 --threads 1 --val-frac 0 -q -o slow.safetensors short.txt 2>err &
job=$!
until [ -f slow.run/metrics.jsonl ] || ! kill -0 $job; do sleep 0.05; done
sleep 0.2
kill $job
sleep 0.2
began=$(milliseconds)
kill $job 2>/dev/null
wait $job
got=$? took=$(($(milliseconds) - began))
check "a second signal ends the program at once" [ "$got:$((took < 1000))" = 143:1 ]

# What follows begins with a run of 12 steps stopped after the checkpoints of step 5 and 6.
LC_ALL=C awk 'BEGIN { s = 7; for (i = 0; i < 1500; i++) { s = (s * 1103515 + 12345) % 2147483648
              printf "%s", substr("abcdefgh ij\n", 1 + int(s / 65536) % 12, 1) } }' >text.txt
rm -f whole.safetensors && rm -rf whole.run
(train whole $stream)
(train half $stream --max-steps 6)
sed -i 's/max-steps = 6/max-steps = 12/' half.run/options
check "two generations are kept" [ "$(cd half.run && echo step-*)" = 'step-000000000005.safetensors step-000000000006.safetensors' ]
# again OPTIONS: the stopped run goes on, from a copy that may have been changed after fresh_half.
fresh_half() { forget half; rm -rf half.run; cp -r kept half.run; }
again() { "$program" train --resume half.run "$@" >out 2>err </dev/null; }
rm -f half.safetensors half.run/finished && mv half.run kept
for threads in 1 2 3 8; do
    fresh_half
    check "resumes with --threads $threads" again --threads $threads
    check "to the same bytes" same_model whole half
done

damage() { { head -c 3000 "$1"; printf '\252\125\252'; tail -c +3004 "$1"; } >damaged.tmp && mv damaged.tmp "$1"; }
newest=half.run/step-000000000006.safetensors older=half.run/step-000000000005.safetensors
fresh_half
damage $newest
status "--strict refuses a damaged checkpoint" 4 train --resume half.run --strict
check "and leaves it where it is" [ -f $newest ]
again
check "the one before is taken, status 0" [ $? = 0 ]
check "the damaged one is named with its place" grep -qE "^rondo: note: $newest: byte [0-9]+: .*passed over" err
check "and the one taken" grep -q "^rondo: note: $older: taken instead" err
check "and nothing is lost" same_model whole half
check "the damaged one is set aside" [ -f $newest.damaged ]
fresh_half
head -c 4000 $newest >part && mv part $newest
check "a cut checkpoint is passed over too" again
check "to the same bytes" same_model whole half
fresh_half
damage $newest && damage $older
status "no sound checkpoint at all is status 4" 4 train --resume half.run
check "both are named" [ "$(grep -c "step-00000000000[56].safetensors: byte" status.err)" = 2 ]
fresh_half
rm half.run/step-*
again
check "a run without a checkpoint yet begins anew" [ $? = 0 ]
check "and says so" grep -q '^rondo: note: half.run: no checkpoint was saved yet; the run begins anew' err
check "to the same bytes" same_model whole half

fresh_half
sh -c 'exit 0' & wait $!
echo torn >half.run/step-000000000007.safetensors.tmp.$!
echo busy >half.run/step-000000000008.safetensors.tmp.$$
again
check "an unfinished save is removed" [ ! -e half.run/step-000000000007.safetensors.tmp.$! ]
check "and told" grep -q '000007.safetensors.tmp.*: an unfinished save, removed' err
check "that of a living process stays" [ -e half.run/step-000000000008.safetensors.tmp.$$ ]
check "the model is the same" same_model whole half

fresh_half
again --lr 0.1 --dropout 0.3
check "changed options are refused with status 4" [ $? = 4 ]
check "lr is listed" grep -qx 'lr: "0.002" -> "0.1"' err
check "dropout is listed" grep -qx 'dropout: "0.2" -> "0.3"' err
cp text.txt safe.txt
tr a b <safe.txt >text.txt
again
check "changed data are refused with status 4" [ $? = 4 ]
check "and named" grep -qx '"text.txt": other bytes than when the run was started' err
check "the checkpoints stay" cat $newest $older
cp safe.txt text.txt
check "with the data back the run goes on" again
check "to the same bytes" same_model whole half

fresh_half
mkdir -p far/away && mv half.run text.txt far/away/
(cd / && "$program" train -q --resume "$folder/far/away/half.run") 2>err
check "a run moved with its data goes on" [ $? = 0 ]
check "to the same bytes, beside it" cmp whole.safetensors far/away/half.safetensors
rm -rf far/away/half.*
cp safe.txt elsewhere.txt
cp -r kept alone.run
"$program" train -q --resume alone.run -o alone.safetensors elsewhere.txt 2>err
check "a run moved alone goes on with the data and the model named" [ $? = 0 ]
check "to the same bytes" same_model whole alone

# Two processes, one folder.
cp safe.txt text.txt
"$program" train $small --max-steps 0 --epochs 0 -q -o busy.safetensors text.txt 2>err &
job=$!
until [ -f "busy.run/lock" ]; do sleep 0.05; done
status "a second process in the folder is refused" 5 train -q -o busy.safetensors text.txt
status "also with -f" 5 train -q -f -o busy.safetensors text.txt
status "also to resume" 5 train -q --resume busy.run
check "with the number of the first" grep -q "process $job " status.err
kill $job
wait $job
check "the first is not disturbed" [ $? = 143 ]
exit "$bad"
