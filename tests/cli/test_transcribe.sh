#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# --task transcribe: CTC on symbols that are held for a while, rondo transcribe with beams and a language model.
program=$1 source=$2
. "$source/tests/cli/common.sh"

# A word of a to d; each letter stands two to four times, z between equal ones.
make_held() { # FILE SEED RECORDS
    awk -v s="$2" -v n="$3" 'function r(k) { s = (s * 1103515245 + 12345) % 2147483648; return int(s / 65536) % k }
        BEGIN { for (i = 0; i < n; i++) { x = y = ""; before = ""; m = 1 + r(4)
                for (k = 0; k < m; k++) { c = substr("abcd", 1 + r(4), 1); if (c == before) x = x "z"
                    h = 2 + r(3); for (j = 0; j < h; j++) x = x c; y = y c; before = c }
                printf "%s\t%s\n", x, y } }' >"$1"
}
make_held train.tsv 1 600
make_held test.tsv 2 60
"$program" train -q --task transcribe --hidden-size 16 --embed-size 8 --epochs 12 --lr 0.01 -j 1 -o m.safetensors train.tsv
check "a model of transcripts" [ -s m.safetensors ]
check "evaluate: letter errors under 0.02" "$program" evaluate -q -m m.safetensors --metric cer --fail-over 0.02 test.tsv
cut -f1 test.tsv >held.txt
cut -f2 test.tsv >wanted.txt
"$program" transcribe -q -m m.safetensors --beam-size 1 held.txt >greedy
check "transcribe: a line a record" [ "$(wc -l <greedy)" = 60 ]
check "transcribe: most are right" sh -c '[ "$(paste greedy wanted.txt | awk "\$1 == \$2" | wc -l)" -ge 55 ]'
check "transcribe: labels in the file are not needed and not read" sh -c "'$program' transcribe -q -m m.safetensors --beam-size 1 test.tsv | cmp - greedy"
printf 'aabb\n\n' | "$program" transcribe -q -m m.safetensors --n-best 3 --json >three
check "transcribe --n-best --json: ranks fall" sh -c 'grep "\"record\":0" three | sed "s/.*\"score\":\([-0-9.e]*\).*/\1/" | sort -gr -c'
check "transcribe: an empty sequence has an empty transcript" grep -q '"record":1,"file":"","text":""' three

# A language model that has only ever seen "dd" makes it likelier.
yes dd | head -n 200 >dd.txt
"$program" train -q --lines --hidden-size 8 --embed-size 4 --epochs 10 --lr 0.02 -j 1 -o dd.safetensors dd.txt
printf 'dddd\n' | "$program" transcribe -q -m m.safetensors >alone
printf 'dddd\n' | "$program" transcribe -q -m m.safetensors --lm dd.safetensors --lm-weight 20 >together
check "transcribe --lm: what the language model knows wins" [ "$(cat alone together | tr '\n' ' ')" = 'd dd ' ]
says "transcribe --lm: not a language model" 4 'rondo: --lm: a model of task "transcribe" (expected one of task lm)' \
    transcribe -q -m m.safetensors --lm m.safetensors held.txt
printf 'ab\tabab\n' >short.tsv
"$program" train -q --task transcribe --max-steps 2 --val-frac 0 -j 1 -o s.safetensors train.tsv short.tsv 2>notes
check "train: a target that does not fit is left out" [ -s s.safetensors ]
status "train --ctc-infeasible error: and refused when asked" 3 train -q --task transcribe --epochs 1 --val-frac 0 -j 1 --ctc-infeasible error train.tsv short.tsv

# A record of 100,000 steps: its memory is foreseen, and a stop does not wait for the end of its step.
awk 'BEGIN { for (r = 0; r < 2; r++) { x = y = ""; for (i = 0; i < 100000; i++) { c = substr("abcd", 1 + (i * 7 + int(i / 9) + r) % 4, 1); x = x c
     if (i % 3 == 0) y = y c }; printf "%s\t%s\n", x, y } }' >long.tsv
long='--task transcribe --hidden-size 8 --embed-size 4 --batch-size 1 --val-frac 0'
need() { "$program" train -v $long --max-steps 1 --memory 1M -f "$@" long.tsv 2>&1 | grep -o 'training needs [0-9.]*'; }
check "one long record needs the memory of one thread" [ "$(need -j 1)" = "$(need -j 4)" ]
status "and more than allowed is refused" 6 train -q $long --memory 100M long.tsv
check "with the record" grep -q 'long.tsv:1, has 100000 steps' status.err
"$program" train -q $long -j 2 -o long.safetensors long.tsv 2>err &
job=$!
until [ -f long.run/metrics.jsonl ] || ! kill -0 $job; do sleep 0.05; done
sleep 2
began=$(date +%s)
kill $job
wait $job
got=$?
check "SIGTERM inside a step of minutes: status 143" [ $got = 143 ]
check "at once" [ $(($(date +%s) - began)) -le 5 ]
check "with the run saved" grep -q '^saved: long.run, step' err
exit "$bad"
