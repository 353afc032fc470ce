#!/bin/sh
# shellcheck disable=SC2016 # the inner shells and awk have dollars of their own
# rondo evaluate of labels: what it prints is what the answers of the same model, counted by awk, say.
program=$1 source=$2
. "$source/tests/cli/common.sh"
awk 'BEGIN { s = 5; for (i = 0; i < 240; i++) { s = (s * 1103515245 + 12345) % 2147483648; k = int(s / 65536) % 3
             printf "%s\t", substr("redtwosky", 1 + 3 * k, 3)
             for (j = 0; j < 4; j++) { s = (s * 1103515245 + 12345) % 2147483648
                 printf "%s ", int(s / 65536) % 3 ? substr("abcdefghi", 1 + 3 * k + int(s / 65536) % 2, 1) : "x" } print "" } }' >all.tsv
head -n 180 all.tsv >train.tsv
tail -n 60 all.tsv >test.tsv
printf 'new\tx x\n' >>test.tsv
"$program" train -q --task classify --tokens word --hidden-size 6 --embed-size 4 --batch-size 8 --max-steps 40 --threads 1 -o c.safetensors train.tsv
"$program" classify -q -m c.safetensors test.tsv | cut -f1 >guess
cut -f1 test.tsv | paste - guess >pairs
right=$(awk '$1 == $2' pairs | wc -l)
check "a classifier is evaluated" sh -c "'$program' evaluate -q -m c.safetensors test.tsv >metrics"
check "accuracy is right answers over all, unseen labels too" \
    [ "$(grep accuracy metrics | cut -f2)" = "$(awk -v r="$right" 'BEGIN { printf "%.6g", r / 61 }')" ]
"$program" evaluate -q -m c.safetensors --confusion --ascii test.tsv >table
check "--confusion: a line a class, its support" sh -c 'for k in red sky two; do
    [ "$(grep "^$k " table | awk "{ print \$5 }")" = "$(grep -c "^$k" test.tsv)" ] || exit 1; done'
check "--confusion: a label that training had not" grep -q '^(not in training)' table
check "--confusion: the matrix" grep -q '^truth down, guess across' table
"$program" evaluate -q -m c.safetensors --confusion --json test.tsv | tail -n 1 >json
check "--confusion --json: its numbers" [ "$(sed 's/.*"confusion":\[\[\([0-9]*\),.*/\1/' json)" = "$(grep -c '^red	red$' pairs)" ]
check "--svg: a picture" sh -c "'$program' evaluate -q -m c.safetensors --svg c.svg test.tsv && grep -q '</svg>' c.svg"
status "--svg: an existing file stays" 2 evaluate -q -m c.safetensors --svg c.svg test.tsv
status "--svg: unless forced" 0 evaluate -q -m c.safetensors --svg c.svg -f test.tsv
status "--fail-under: the answer is no" 1 evaluate -q -m c.safetensors --metric macro_f1 --fail-under 1 test.tsv

awk 'BEGIN { s = 9; for (i = 0; i < 1200; i++) { s = (s * 1103515245 + 12345) % 2147483648; r = int(s / 65536) % 9
             if (r == 8) print ""; else if (r < 2) print "ann B-PER\nlee I-PER"; else if (r == 2) print "rome B-LOC"
             else print substr("runsandtooget", 1 + r, 3), "O" } }' >all.conll
head -n 900 all.conll >train.conll
tail -n +901 all.conll >test.conll
"$program" train -q --task tag --hidden-size 6 --embed-size 4 --batch-size 4 --max-steps 60 --lr 0.05 --threads 1 -o t.safetensors train.conll
"$program" tag -q -m t.safetensors test.conll | grep . >tagged
"$program" tag -q -m t.safetensors --scheme bioes test.conll | grep . >ends
check "tag --scheme: phrases of one word and of more are told as asked" sh -c 'grep -q " S-LOC$" ends && grep -q " E-PER$" ends && ! grep -q " B-LOC$" ends'
check "tag --scheme: the same words" [ "$(awk '{ print $NF == "O" }' tagged)" = "$(awk '{ print $NF == "O" }' ends)" ]
"$program" evaluate -q -m t.safetensors test.conll >report
words=$(grep -c . test.conll) phrases=$(grep -c ' B-' test.conll)
check "chunk tags are told as conlleval does" grep -q "^processed $words tokens with $phrases phrases; found: [0-9]* phrases; correct: [0-9]*\.$" report
check "accuracy of tags" [ "$(sed -n 's/^accuracy: *\([0-9.]*\)%.*/\1/p' report)" = "$(awk '{ r += $(NF - 1) == $NF } END { printf "%.2f", 100 * r / NR }' tagged)" ]
check "a line a type" [ "$(sed 1,2d report | cut -d: -f1 | tr -d ' \n')" = LOCPER ]
"$program" evaluate -q -m t.safetensors --baselines train.conll test.conll | grep '^baseline ' >beside
guess='NF == 2 && FNR == NR { n[$1 " " $2]++; m[$2]++; seen[$1] = 1; next } FNR == 1 { for (k in m) if (m[k] > m[most]) most = k
    for (k in n) { split(k, p, " "); if (!(p[1] in best) || n[k] > n[p[1] " " best[p[1]]]) best[p[1]] = p[2] } }
    NF == 2 { all++; u += ($1 in seen ? best[$1] : most) == $2; r += most == $2 } END { printf "%.6g %.6g", r / all, u / all }'
check "--baselines: the usual tag, and that of each word" \
    [ "$(sed -n 's/^baseline .*: accuracy	//p' beside | tr '\n' ' ')" = "$(awk "$guess" train.conll test.conll) " ]
"$program" evaluate -q -m c.safetensors --json --baselines train.tsv test.tsv >json
check "--baselines --json: an object" grep -q '"baselines":{"majority: accuracy":0.[0-9]*,"majority: macro_f1":0.[0-9]*}' json
"$program" evaluate -q -m t.safetensors --metric entity_f1 test.conll >one
check "--metric: one of them" [ "$(cut -f1 one)" = entity_f1 ]

# I-LOC and B-NEW are not in training: the phrases of the file are still its own, and half of one found is none
printf 'rome B-LOC\nrome I-LOC\nand O\nann B-NEW\nand O\nann B-PER\nlee I-PER\nand O\n\n' >new.conll
"$program" evaluate -q -m t.safetensors new.conll >report
check "tags that training never saw: phrases of the file" grep -q '^processed 8 tokens with 3 phrases; found' report
check "tags that training never saw: a type of their own" [ "$(sed 1,2d report | cut -d: -f1 | tr -d ' \n')" = LOCNEWPER ]
check "tags that training never saw: half a phrase is none" grep -q 'LOC: precision:   0.00%; recall:   0.00%' report

# numbers: of a likelihood or of quantiles the answer is the mean or the median of each target
awk 'BEGIN { print "id,x,y,z"; for (i = 0; i < 240; i++) printf "%d,%s,%s,%s\n", i / 3, i % 7 / 7, 2000 + i % 5 / 50, 1000 }' >far.csv
awk 'BEGIN { print "id,x,y,z"; for (i = 0; i < 240; i++) printf "%d,%s,%s,%s\n", i / 3, i % 7 / 7, 0.5 + i % 5 / 50, -0.5 }' >near.csv
for loss in gaussian quantile; do
    "$program" train -q --task regress --loss $loss --target y,z --group id --hidden-size 4 --lr 0.02 --epochs 60 --threads 1 -o n.$loss.safetensors near.csv
    check "regress, $loss: each target by itself" "$program" evaluate -q -m n.$loss.safetensors --metric mae --fail-over 0.1 near.csv
done
check "regress: a likelihood tells nats" grep -q '^nll	-' <<END
$("$program" evaluate -q -m n.gaussian.safetensors near.csv)
END
check "regress: quantiles tell pinball loss" sh -c "'$program' evaluate -q -m n.quantile.safetensors near.csv | grep -q '^pinball	0\.0'"
"$program" train -q --task regress --target y,z --group id --hidden-size 4 --max-steps 20 --threads 1 -o f.safetensors far.csv
check "gradcheck: a large loss leaves few digits for differences" "$program" gradcheck -q f.safetensors far.csv --limit 4

make_text text.txt
"$program" train -q --hidden-size 6 --embed-size 4 --max-steps 2 --threads 1 -o l.safetensors text.txt
status "a language model has no confusion" 2 evaluate -q -m l.safetensors --confusion text.txt

# agrees NAME MODEL FILE: what score tells of the records adds up to what evaluate says of the file.
agrees() {
    nll=$("$program" evaluate -q -m "$2" --metric nll "$3" | cut -f2)
    "$program" score -q -m "$2" "$3" >scored
    check "$1: as many results as records" [ "$(wc -l <scored)" = "$(wc -l <"$3")" ]
    check "$1: what evaluate says" awk -v nll="$nll" '{ p -= $1; n += $2 } END { d = p / n / nll - 1; exit !(n > 0 && d < 2e-5 && d > -2e-5) }' scored
    cut -f4- scored | check "$1: records as they stood, in order" cmp - "$3"
    "$program" score -q -m "$2" --per token "$3" | awk 'NF { p += $1; next } { print p; p = 0 }' | paste - scored >both
    check "$1: tokens add up to records" awk '{ d = $1 - $2 } d > 1e-4 * -$2 || d < 1e-4 * $2 { exit 1 }' both
}
awk 'NR % 7 { print } NR % 7 == 0 { print $1 "\t" }' train.tsv >conditions.tsv
"$program" train -q --task conditional --hidden-size 6 --embed-size 4 --batch-size 8 --max-steps 20 --threads 1 -o k.safetensors conditions.tsv
agrees "score of sequences for a condition" k.safetensors conditions.tsv
awk -F '\t' '{ n = split($2, w, " "); y = ""; for (i = 1; i <= n; i++) y = y (i > 1 ? " " : "") toupper(w[i]); print $2 "\t" y }' train.tsv >pairs.tsv
"$program" train -q --task seq2seq --tokens word --hidden-size 6 --embed-size 4 --batch-size 8 --max-steps 20 --threads 1 -o p.safetensors pairs.tsv
agrees "score of targets" p.safetensors pairs.tsv
printf 'red\ta b\nnothing\nsky\tb' | "$program" score -q -m k.safetensors --skip-bad 1 >scored 2>err
check "a bad record keeps its place" [ "$(cut -f4,5 scored | tr '\n\t' ';,')" = 'red,a b;;sky,b;' ]
printf 'red\ta\nnew\ta\n' >new.tsv
echo 'a b' >new.x
says "--baselines: a task without any" 2 "rondo: --baselines: there are none for a model of task seq2seq" evaluate -q -m p.safetensors --baselines pairs.tsv pairs.tsv
says "a condition that training had not" 3 'rondo: new.tsv:2: the condition "new" is none of those that the model knows' score -q -m k.safetensors new.tsv
says "a source without a target" 3 "rondo: new.x:1:4: expected a source, a tab and a target, found no tab" score -q -m p.safetensors new.x
says "sources only" 2 "rondo: --reader plain: records are not in one file with what is to be scored" score -q -m p.safetensors --reader plain new.x
printf '{"source":"a b","target":"A B"}\n{"source":"b","target":""}\n' >two.jsonl
check "an empty target has the probability of its end" [ "$("$program" score -q -m p.safetensors two.jsonl | cut -f2 | tr '\n' ' ')" = '3 1 ' ]
check "an object is told as it stood" sh -c "'$program' score -q -m p.safetensors two.jsonl | cut -f4 | cmp - two.jsonl"
says "labels have no score" 4 'rondo: a model of task "classify" gives no probabilities of lines (expected lm, conditional or seq2seq)' score -m c.safetensors test.tsv
exit "$bad"
