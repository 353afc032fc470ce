#!/bin/sh
# shellcheck disable=SC2016,SC2086 # awk has dollars of its own; options are meant to split into words
# A disk that is full at a save (reliability F6, F7, G5): training goes on, the old checkpoint stays, the end is
# status 5 or a wait for room, and the final model has the space that was kept for it.
program=$1 source=$2
. "$source/tests/cli/kill_common.sh"
long='--max-steps 8'
(train whole $stream $long) || { failed "an undisturbed run ends with status 0"; exit 1; }

# ---- files of limited size: the checkpoint does not fit, model and log do; a write ends in the middle.
size=$(wc -c <whole.safetensors)
blocks=$((size / 512 + 9)) # of 512 bytes, as POSIX counts them
limited() { (ulimit -f $blocks && "$@"); }
if limited sh -c 'head -c 100000 /dev/zero >big' 2>/dev/null; then
    echo "skip - files of limited size: this shell's limit has no effect"
else
    rm -f big
    limited "$program" train $small $often $stream $long --no-quiet -o small.safetensors text.txt >out 2>err
    got=$?
    check "a file that may not grow: status 5 at the end" [ $got = 5 ]
    check "the warning says that training goes on" grep -q '^rondo: note: the checkpoint could not be saved, training goes on: ' err
    check "all 8 steps were made" grep -q '"event":"step","step":8,' small.run/metrics.jsonl
    check "no half checkpoint is left" [ -z "$(find small.run -name 'step-*')" ]
    check "the model is whole all the same" same_model whole small
fi

# ---- errors put into the calls
if strace -o /dev/null true 2>/dev/null; then
    injected() {
        call=$1
        shift
        strace -f -qq -o trace.txt -e trace="${call%%:*}" -e inject="$call" "$program" train $small $often $stream --max-steps 12 \
            --no-quiet "$@" text.txt >out 2>err </dev/null
    }
    (train twelve $stream)
    injected fallocate:error=ENOSPC:when=2..6 -o some.safetensors
    check "no room for some checkpoints: status 0" [ $? = 0 ]
    check "each is a warning with the bytes needed and free" grep -qE \
        'some.run/step-000000000001.safetensors: the disk is full: at least [0-9]{5} bytes needed, [0-9]+ free$' err
    check "the model is that of an undisturbed run" same_model twelve some
    injected fallocate:error=ENOSPC:when=1 -o none.safetensors
    check "no room for the model at the start is status 5 at once" [ $? = 5 ]
    check "with the bytes needed" grep -qE '^rondo: none.run/space: the disk is full: at least [0-9]+ bytes needed' err
    injected fsync:error=EIO:when=12+ -o sync.safetensors
    check "a disk that fails to sync for good: status 5" [ $? = 5 ]
    check "says what was saved and how to go on" grep -qE '^saved: sync.run, step [0-9]+; resume with: rondo train --resume sync.run$' err
    "$program" train -q --resume sync.run 2>err
    check "and goes on" same_model twelve sync
else
    echo "skip - errors in calls: strace is not installed or may not trace here"
fi

# ---- a small file system of our own
mkdir disk
if ! mount -t tmpfs -o size=2m tmpfs disk 2>/dev/null; then
    echo "skip - a small file system: mounting is not allowed here"
    exit $bad
fi
trap 'umount "$folder/disk"; rm -rf "$folder"' EXIT
fill() { dd if=/dev/zero of=disk/ballast bs=1k 2>/dev/null; }
cp text.txt disk/
# begin OPTIONS: a run on the small disk, which is filled when its first checkpoints are there.
# Its steps take some milliseconds, so that what the log has to keep until there is room stays small.
begin() {
    rm -rf disk/m.* disk/ballast
    (cd disk && exec "$program" train $small --threads 1 $stream --checkpoint-every 0.000001s --epochs 0 --max-time 100s --hidden-size 40 --batch-size 8 --seq-len 60 \
        "$@" -o m.safetensors text.txt) >out 2>err </dev/null &
    job=$!
    until ls disk/m.run/step-*.safetensors >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
    fill
    until grep -q 'the checkpoint could not be saved' err || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
}
begin --max-steps 0
check "the disk is full: the run goes on" kill -0 $job
check "with a warning" grep -qE 'the disk is full: at least [0-9]+ bytes needed, [0-9]+ free' err
check "checkpoints stand" ls disk/m.run/step-*.safetensors
# The last block of the log still has room for some lines.
tries=0
until grep -q 'the log cannot be written' err || [ $tries = 500 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
sleep 0.3
check "the log that waits for room is told once" [ "$(grep -c 'the log cannot be written' err)" = 1 ]
rm disk/ballast
before=$(wc -c <disk/m.run/metrics.jsonl) tries=0
until [ "$(wc -c <disk/m.run/metrics.jsonl)" -gt "$before" ] || [ $tries = 100 ]; do sleep 0.05; tries=$((tries + 1)); done
check "with room again the log goes on" [ $tries -lt 100 ]
check "and lacks no step" awk -F'"step":' '/"event":"step"/ { n = $2 + 0; if (n != last + 1) exit 1; last = n }' disk/m.run/metrics.jsonl
kill $job
wait $job
check "a stop with room is status 143" [ $? = 143 ]
begin --max-steps 0
kill $job
wait $job
check "a stop that cannot be saved is status 5" [ $? = 5 ]
check "the last saved step is told" grep -qE '^saved: m.run, step [0-9]+; resume with' err
rm disk/ballast
(cd disk && "$program" train -q --resume m.run --max-time 0.0001s 2>../err)
check "it is sound: the run goes on with room" [ $? = 0 ]

begin --max-steps 0 --max-time 1.5s --on-full stop
wait $job
check "the end of the run on a full disk is status 5" [ $? = 5 ]
check "the model was saved in the space kept for it" "$program" generate -m disk/m.safetensors --length 3
begin --max-steps 0 --max-time 1.5s --on-full wait
sleep 2.5
check "--on-full wait: the program waits" kill -0 $job
rm -f disk/ballast
wait $job
got=$?
check "and ends with status 0 when there is room" [ $got = 0 ]
check "the model is there" "$program" generate -m disk/m.safetensors --length 3
exit $bad
