#!/bin/sh
# Encoders and decoders from the shell: trained on two files, one answer a line, hypotheses, alignments, JSON.
program=$1 source=$2
. "$source/tests/cli/common.sh"

# Each word has one translation, and the words keep their order.
awk 'BEGIN {
    srand(7)
    for (i = 0; i < 400; i++) {
        n = 1 + int(rand() * 5); x = ""; y = ""
        for (k = 0; k < n; k++) { w = int(rand() * 6); x = x (k ? " " : "") "w" w; y = y (k ? " " : "") "v" w }
        print x >"train.x"; print y >"train.y"
    }
}'
check "a translation model trains on two files" "$program" train -q --task seq2seq --tokens word --cell gru --hidden-size 24 \
    --embed-size 12 --attention general --input-feed --lr 0.01 --epochs 30 --batch-size 16 --patience 0 -o t.safetensors train.x train.y

# answers NAME "options" INPUT WANTED: standard output of translate.
answers() {
    title=$1 options=$2
    printf '%b' "$3" >in.x
    printf '%b' "$4" >want
    # shellcheck disable=SC2086 # options are words
    if "$program" translate -q -m t.safetensors $options in.x >got 2>err && cmp -s want got; then passed "$title"; else
        failed "$title"
        { diff want got; cat err; } | sed 's/^/    /' | head -n 12
    fi
}
answers "words are translated in order" "" 'w1 w2 w3\nw5\n' 'v1 v2 v3\nv5\n'
answers "the greedy answer is the same here" "--beam-size 1" 'w1 w2 w3\nw5\n' 'v1 v2 v3\nv5\n'
answers "a last line without an end and CRLF are lines" "" 'w4 w0\r\nw2' 'v4 v0\nv2\n'
answers "batches and threads do not show" "--batch-size 1 --threads 2" 'w1 w2 w3\nw5\nw4 w4\n' 'v1 v2 v3\nv5\nv4 v4\n'

check "gradcheck takes files in pairs" "$program" gradcheck -q t.safetensors train.x train.y --limit 1
printf 'w1\n\nw2 w3\n' >in.x
"$program" translate -q -m t.safetensors in.x >got
[ "$(wc -l <got)" = 3 ] && passed "an empty line has an answer" || failed "an empty line has an answer"
"$program" translate -q -m t.safetensors - <in.x >piped
check "standard input gives the same" cmp got piped
"$program" translate -q -m t.safetensors --n-best 3 --alignment in.x >got
awk -F '\t' '{ if (NF != 4 || $1 != int((NR - 1) / 3) || (NR % 3 != 1 && $3 > last)) exit 1; last = $3 }' got &&
    [ "$(wc -l <got)" = 9 ] && passed "--n-best tells record, hypothesis and falling scores" || failed "--n-best tells record, hypothesis and falling scores"
printf 'w3 w1\n' | "$program" translate -q -m t.safetensors --alignment --json - >got
check "--json has text, score and pairs" grep -qE '^\{"schema":1,"hyp":"v3 v1","score":-[0-9.e+-]+,"alignment":\[\[[01],0\],\[[01],1\]\]\}$' got

"$program" evaluate -q -m t.safetensors train.x train.y >got
check "evaluate tells the perplexity of pairs" awk '$1 == "perplexity" && $2 < 1.5 { found = 1 } END { exit !found }' got
printf 'label\ttext\n' >one.tsv
status "translate needs a model of seq2seq" 2 translate one.tsv
status "three files are no pairs" 3 train -q --task seq2seq -o u.safetensors train.x train.y train.x
printf 'w1\n' >short.y
status "files in a pair have as many lines" 3 train -q --task seq2seq -o u.safetensors train.x short.y
status "a scan has no decoder" 2 train -q --task seq2seq --cell mingru -o u.safetensors train.x train.y
exit $bad
