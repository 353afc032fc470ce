#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# What `score` gives are probabilities: those of all lines up to a length, and of all that are longer, sum to 1.
program=$1 source=$2
. "$source/tests/cli/common.sh"
awk 'BEGIN { s = 3; for (i = 0; i < 200; i++) { line = ""
             do { s = (s * 69069 + 1) % 4294967296; line = line (s > 1717986918 ? "a" : "b")
                  s = (s * 69069 + 1) % 4294967296 } while (s < 3006477107)
             print line } }' >letters.txt
sed 's/./& /g; s/ $//' letters.txt >words.txt

# all LENGTH BLANK: every line of a, b, and z, which the model does not know and takes for the unknown symbol.
all() {
    awk -v most="$1" -v blank="$2" 'function grow(line, n,  i) { print line; if (n == most) return
        for (i = 1; i <= 3; i++) grow((n ? line blank : "") substr("abz", i, 1), n + 1) }
        BEGIN { grow("", 0) }'
}
# Sums exp(logprob); for the longest lines the share of those that go on is what their prefix leaves to longer ones.
sum() {
    awk -v most="$1" '{ match($0, /"logprob":[-0-9.e]+/); logprob = substr($0, RSTART + 10, RLENGTH - 10)
        match($0, /"tokens":[0-9]+/); tokens = substr($0, RSTART + 9, RLENGTH - 9)
        match($0, /,[-0-9.e]+\]\]/); last = substr($0, RSTART + 1, RLENGTH - 3)
        total += exp(logprob); if (tokens == most + 1) { rest += exp(logprob - last) * (1 - exp(last)); longest++ } lines++ }
        END { printf "%.9f %d %d\n", total + rest, lines, longest }'
}
most=5
for net in 'lstm:--cell lstm' 'gru:--cell gru --num-layers 2 --tied --hidden-size 5' 'bytes:--cell rnn --tokens byte' \
    'scan:--cell mingru --embed-size 0' 'words:--cell gru --tokens word'; do
    name=${net%%:*} file=letters.txt blank=
    if [ "$name" = words ]; then file=words.txt blank=' '; fi
    "$program" train --task lm --lines --hidden-size 6 --embed-size 5 ${net#*:} --lr 0.02 --epochs 4 --threads 1 -q -f \
        -o $name.safetensors $file || failed "$name: training"
    all $most "$blank" >lines
    "$program" score -m $name.safetensors --json --per token -q lines | sum $most >found
    read -r total lines longest <found
    check "$name: $lines lines and all longer ones sum to $total" \
        awk -v t="$total" -v n="$lines:$longest" 'BEGIN { exit !(n == "364:243" && t - 1 < 1e-6 && 1 - t < 1e-6) }'
done
exit $bad
