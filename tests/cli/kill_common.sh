# shellcheck shell=sh disable=SC2086,SC2034,SC2154 # options split into words; names are those of whoever reads this
# Shared by the tests that stop runs: small data, short runs whose every step is a checkpoint, and going on.
# Used as: . "$source/tests/cli/kill_common.sh" after `program` and `source` are set.
. "$source/tests/cli/common.sh"
LC_ALL=C awk 'BEGIN { s = 7; for (i = 0; i < 1500; i++) { s = (s * 1103515 + 12345) % 2147483648
              printf "%s", substr("abcdefgh ij\n", 1 + int(s / 65536) % 12, 1) } }' >text.txt

# What makes resuming hard: dropout, a carried state, two layers, evaluations in between, a schedule that remembers.
stream='--cell gru --num-layers 2 --dropout 0.2 --seq-len 8'
lines='--lines --cell lstm --zoneout-h 0.1 --optimizer momentum --lr 0.05 --lr-schedule plateau'
small='--hidden-size 6 --embed-size 4 --batch-size 4 --max-steps 12 --epochs 1000 --eval-every 4 --val-frac 0.1 --patience 0'
often='--checkpoint-every 0.000001s --threads 1 -q'

# train MODEL [options]: replaces the shell it runs in, so that $! of a background job is the program itself. `under` may
# hold a program that watches it.
train() {
    model=$1
    shift
    exec $under "$program" train --task lm $small $often "$@" -o "$model.safetensors" text.txt
}
# go_on MODEL [options]: what a person does after a crash. Gives the status; messages are in resume.err.
go_on() {
    if [ -f "$1.run/options" ]; then
        $under "$program" train -q --resume "$1.run" 2>resume.err </dev/null
    else
        (train "$@" 2>resume.err </dev/null)
    fi
}
under=
same_model() { cmp -s "$1.safetensors" "$2.safetensors"; }
forget() { rm -rf "$1.safetensors" "$1.run" "$1.safetensors".tmp.*; }
tell_resume() { sed 's/^/    /' resume.err | head -n 5; }
