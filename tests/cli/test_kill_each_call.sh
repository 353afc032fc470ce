#!/bin/sh
# SIGKILL at every single file call of a run in turn, and every such call failing in turn (reliability G2, G3):
# resume gives the same bytes; a failed call never gives status 0 with a bad model.
program=$1
source=$2
if ! command -v strace >/dev/null 2>&1; then
    echo "skip - kill at each file call: strace is not installed"
    exit 77
fi
. "$source/tests/cli/kill_common.sh"
if ! strace -o /dev/null true 2>/dev/null; then
    echo "skip - kill at each file call: strace may not trace here"
    exit 77
fi
short() { train "$1" --max-steps 3 --eval-every 2; }
short whole.safetensors || { failed "an undisturbed run ends with status 0"; exit 1; }

# resume_or_start: what a person does after a crash.
resume_or_start() {
    [ -f hit.safetensors ] && return 0
    if ls hit.run/step-*.safetensors >/dev/null 2>&1; then
        "$program" train -q --resume hit.run 2>resume.err
    else
        rm -rf hit.run
        short hit.safetensors 2>resume.err
    fi
}

count=0
for call in openat write fsync rename unlink; do
    n=1
    missed=0
    while [ $missed = 0 ] && [ $n -le 400 ]; do
        rm -rf hit.safetensors hit.run
        real=$program
        program="strace -f -qq -o trace.txt -e trace=$call -e inject=$call:signal=SIGKILL:when=$n $real"
        # shellcheck disable=SC2086 # the injected command is several words
        ( train() { model=$1; shift; $program train --task lm --cell gru --hidden-size 6 --num-layers 2 --dropout 0.2 \
            --embed-size 4 --batch-size 4 --seq-len 8 --max-steps 12 --epochs 1000 --eval-every 4 --val-frac 0.1 \
            --patience 0 --checkpoint-every 0.001s --threads 1 -q "$@" -o "$model" text.txt; }
          short hit.safetensors ) >/dev/null 2>&1
        program=$real
        grep -q 'killed by SIGKILL' trace.txt || missed=1
        if ! resume_or_start; then
            failed "kill at $call number $n: resume fails: $(head -n 1 resume.err)"
        elif ! cmp -s whole.safetensors hit.safetensors; then
            failed "kill at $call number $n: the resumed model differs"
        fi
        count=$((count + 1))
        n=$((n + 1))
        [ "$bad" = 0 ] || exit 1
    done
done
passed "SIGKILL at each of $count file calls in turn, each resumed to the same bytes"

count=0
for fault in write:ENOSPC fsync:EIO rename:EIO openat:EMFILE close:EIO; do
    call=${fault%:*}
    n=1
    while [ $n -le 400 ]; do
        rm -rf hit.safetensors hit.run
        strace -f -qq -o trace.txt -e trace="$call" -e inject="$call:error=${fault#*:}:when=$n" "$program" train --task lm \
            --cell gru --hidden-size 6 --num-layers 2 --dropout 0.2 --embed-size 4 --batch-size 4 --seq-len 8 --max-steps 3 \
            --epochs 1000 --eval-every 2 --val-frac 0.1 --patience 0 --checkpoint-every 0.001s --threads 1 -q \
            -o hit.safetensors text.txt >/dev/null 2>err.txt
        status=$?
        grep -q INJECTED trace.txt || break
        case $status in
        0) cmp -s whole.safetensors hit.safetensors || failed "$fault at call $n: status 0 and another model" ;;
        2 | 3 | 4 | 5 | 6) ;;
        127) ;; # the loader of the system itself was hit before main
        *) failed "$fault at call $n: status $status: $(head -n 1 err.txt)" ;;
        esac
        if [ $status != 0 ] && [ $status != 127 ]; then
            resume_or_start || failed "$fault at call $n: not resumable: $(head -n 1 resume.err)"
            cmp -s whole.safetensors hit.safetensors || failed "$fault at call $n: the resumed model differs"
        fi
        count=$((count + 1))
        n=$((n + 1))
        [ "$bad" = 0 ] || exit 1
    done
done
passed "each of $count file calls failing in turn: never status 0 with a bad model, always resumable"
exit "$bad"
