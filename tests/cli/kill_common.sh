# Shared by the kill tests: a small text, a short run whose every step is checkpointed, and comparisons.
# Used as: . "$source/tests/cli/kill_common.sh" after `program` and `source` are set.
folder=$(mktemp -d "${TMPDIR:-/tmp}/rondo-kill.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

awk 'BEGIN { s = 7; for (i = 0; i < 1500; i++) { s = (s * 1103515245 + 12345) % 2147483648
             printf "%s", substr("abcdefgh ij\n", 1 + int(s / 65536) % 12, 1) } }' >text.txt

# train MODEL [options]: a run of 12 steps with dropout, carried states, two layers and a validation every 4 steps.
train() {
    model=$1
    shift
    "$program" train --task lm --cell gru --hidden-size 6 --num-layers 2 --dropout 0.2 --embed-size 4 --batch-size 4 \
        --seq-len 8 --max-steps 12 --epochs 1000 --eval-every 4 --val-frac 0.1 --patience 0 --checkpoint-every 0.001s \
        --threads "${threads:-1}" -q "$@" -o "$model" text.txt
}

passed() { echo "ok - $1"; }
failed() { echo "not ok - $1"; bad=1; }
bad=0
