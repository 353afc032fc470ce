#!/bin/sh
# --task classify and tag, rondo classify, tag: one record in, one out.
program=$1 source=$2
. "$source/tests/cli/common.sh"

# Two languages: words of vowels and words of consonants. The label is the language.
make_pairs() { # FILE SEED RECORDS
    awk -v s="$2" -v n="$3" 'function r(k) { s = (s * 1103515245 + 12345) % 2147483648; return int(s / 65536) % k }
        BEGIN { for (i = 0; i < n; i++) { c = r(2); t = ""; for (k = 0; k < 3 + r(5); k++) t = t substr(c ? "aeiou" : "bcdfg", 1 + r(5), 1)
                printf "%s\t%s\n", c ? "vowel" : "other kind", t } }' >"$1"
}
make_pairs train.tsv 1 400
make_pairs test.tsv 2 100
"$program" train -q --task classify --hidden-size 8 --embed-size 4 --epochs 5 --lr 0.02 -j 1 -o m.safetensors train.tsv
check "a model of labels" [ -s m.safetensors ]
"$program" train -f --task classify --hidden-size 8 --embed-size 4 --max-steps 4 --eval-every 2 -j 1 -o shown.safetensors train.tsv 2>shown
check "train: an evaluation shows accuracy" sh -c 'grep -E "^step=4 .* valid=[0-9.]+ accuracy=[01][0-9.]* " shown'
check "train: the last line has that of the best" grep -qE '^stopped: step budget; best valid [0-9.]+, accuracy [01][0-9.]* at step [24]; saved shown' shown
check "train: and logs all metrics" sh -c 'grep "\"eval\"" shown.run/metrics.jsonl | grep -E "\"accuracy\":[0-9.]+,\"macro_f1\":[0-9.]+"'
check "evaluate: accuracy over 0.95" "$program" evaluate -q -m m.safetensors --metric accuracy --fail-under 0.95 test.tsv
status "evaluate: a gate that is not reached" 1 evaluate -q -m m.safetensors --metric accuracy --fail-under 1.1 test.tsv

printf 'aei\n\nbcd\r\nxyz' | "$program" classify -q -m m.safetensors >four
check "classify: four lines in, four out, the empty one too" [ "$(wc -l <four)" = 4 ]
check "classify: the labels" [ "$(cut -f1 four | sed -n '1p;3p' | tr '\n' ,)" = 'vowel,other kind,' ]
check "classify: the same with labels in the file" sh -c "cut -f2 test.tsv >bare.txt; '$program' classify -q -m m.safetensors test.tsv >a; '$program' classify -q -m m.safetensors bare.txt >b; cmp a b"
printf 'aei\n' | "$program" classify -q -m m.safetensors --top 2 >two
check "classify --top 2: probabilities add up" awk -F '\t' '{ s = $2 + $4; exit !(s > 0.9999 && s < 1.0001 && $2 >= $4) }' two
printf 'aei\n' | "$program" classify -q -m m.safetensors --json >json
check "classify --json" grep -qE '^\{"schema":1,"label":"vowel","p":0\.[0-9]+,"probs":\{"vowel":0\.[0-9]+,"other kind":[0-9.e-]+\}\}$' json
"$program" train -q --task classify --loss binary --hidden-size 8 --embed-size 4 --max-steps 10 -j 1 -o yes.safetensors train.tsv
printf 'vowel\taei\n' >one.tsv
nll=$("$program" evaluate -q -m yes.safetensors --metric nll one.tsv | cut -f2)
"$program" classify -q -m yes.safetensors --prob one.tsv >sigmoids
check "classify, loss binary: probabilities are those of the loss, each a yes or no" awk -F '\t' -v nll="$nll" '{ for (i = 1; i < NF; i += 2)
    sum -= log($i == "vowel" ? $(i + 1) : 1 - $(i + 1)); d = sum - nll; exit !(NF == 4 && d * d < 1e-8) }' sigmoids
printf 'a\377\nbb\n' >bad.txt
status "classify: a bad byte stops" 3 classify -q -m m.safetensors bad.txt
"$program" classify -q -m m.safetensors --skip-bad 1 bad.txt >skipped 2>/dev/null
check "classify --skip-bad: an empty answer keeps the place" [ "$(cut -f1 skipped | tr '\n' ,)" = ',other kind,' ]
printf 'vowel\tae\nnever seen\tbb\n' >unseen.tsv
"$program" evaluate -q -m m.safetensors unseen.tsv >unseen
check "evaluate: a label that training did not have is never right" grep -qE '^accuracy	0\.5$' unseen
"$program" train -q --task classify --hidden-size 8 --embed-size 4 --max-steps 3 -j 1 -o w1.safetensors --class-weights balanced train.tsv
"$program" train -q --task classify --hidden-size 8 --embed-size 4 --max-steps 3 -j 1 -o w2.safetensors train.tsv
check "train: class weights change the result" sh -c '! cmp -s w1.safetensors w2.safetensors'
says "train: weights of labels that are not there" 3 'rondo: weights.txt:1:1: no target has this label, found "vwl\t2"' \
    train -q --task classify --max-steps 1 --class-weights "$(printf 'vwl\t2\n' >weights.txt; echo weights.txt)" train.tsv
says "train: a line without a tab" 3 'rondo: notab.tsv:2:4: expected a label, a tab and a text, found no tab
hint: --reader files takes the label from the name of the file, --reader table from a column' \
    train -q --task classify "$(printf 'a\tb\nabc\n' >notab.tsv; echo notab.tsv)"

# Tags: the same lines with one more column, comments and blank lines kept.
awk 'BEGIN { for (i = 0; i < 60; i++) printf "the DET\n%s NOUN\n\n", i % 2 ? "cat" : "dog" }' >train.conll
"$program" train -q --task tag --hidden-size 8 --embed-size 4 --epochs 10 --lr 0.02 -j 1 -o t.safetensors train.conll
printf '# of words alone\nthe\ncat\n\n\nthe\ndog\n\n' >words.conll
"$program" tag -q -m t.safetensors words.conll >tagged
check "tag: a column more, the rest as it stood" [ "$(cat tagged)" = "$(printf '# of words alone\nthe DET\ncat NOUN\n\n\nthe DET\ndog NOUN\n')" ]
says "tag --n-best without a crf" 2 'rondo: --n-best: the model scores no paths of labels (train it with --loss crf)' \
    tag -q -m t.safetensors --n-best 2 words.conll

# The best paths of a crf: a block each, falling; the first is the answer without --n-best.
"$program" train -q --task tag --loss crf --hidden-size 8 --embed-size 4 --epochs 10 --lr 0.02 -j 1 -o crf.safetensors train.conll
printf 'the\n\nthe\ncat\n' >two.conll
"$program" tag -q -m crf.safetensors two.conll >best
"$program" tag -q -m crf.safetensors --n-best 3 two.conll >three
check "tag --n-best: as many blocks as there are paths" [ "$(grep '^#' three | cut -d' ' -f2 | tr '\n' ,)" = '0,0,1,1,1,' ]
check "tag --n-best: scores fall" sh -c 'for r in 0 1; do grep "^# $r " three | cut -d" " -f3 | sort -gr -c || exit; done'
check "tag --n-best: the first path of each is the best" sh -c \
    'awk "/^#/ { told = !seen[\$2]++; next } told" three >first && printf "\n" | cat best - | cmp - first'
check "tag --n-best: all paths differ" [ "$(awk '/^#/ { if (path) print path; path = ""; on = $2; next } on && NF { path = path "/" $0 } END { print path }' three | sort -u | wc -l)" = 3 ]
"$program" tag -q -m crf.safetensors --n-best 3 --json two.conll >json
check "tag --n-best --json: an object a path" [ "$(grep -cE '^\{"schema":1,"record":[01],"tokens":\["the"(,"cat")?\],"tags":\[.*\],"score":-?[0-9.e+-]+\}$' json)" = 5 ]
status "a model of another task" 4 tag -q -m m.safetensors words.conll

# Arrays of NumPy: x and y for learning, x for answers.
npy() { # TYPE SHAPE: a .npy file with the bytes of standard input
    header="{'descr': '$1', 'fortran_order': False, 'shape': ($2), }"
    printf '\223NUMPY\001\000%b\000%s' "\\0$(printf %03o ${#header})" "$header"
    cat
}
awk 'BEGIN { for (i = 0; i < 40; i++) printf "%s", i % 2 ? "ABABAB" : "zyzyzy" }' | npy '|u1' '40, 3, 2' >x.npy
awk 'BEGIN { for (i = 0; i < 40; i++) printf "%s", i % 2 ? "A" : "B" }' | npy '|i1' '40,' >y.npy
"$program" train -q --task classify --hidden-size 8 --epochs 20 --lr 0.02 -j 1 -o a.safetensors x.npy y.npy
"$program" classify -q -m a.safetensors x.npy >arrays
check "classify: arrays, an answer a sequence" [ "$(cut -f1 arrays | head -n 4 | tr '\n' ,)$(wc -l <arrays)" = '66,65,66,65,40' ]
"$program" evaluate -q -m a.safetensors x.npy y.npy >scores
check "evaluate: arrays" grep -qE '^accuracy	1$' scores
status "train: regress from arrays" 0 train -q --task regress --hidden-size 4 --max-steps 3 -j 1 -o r.safetensors x.npy y.npy
head -c 100 x.npy >short.npy
status "classify: an array that is cut" 3 classify -q -m a.safetensors short.npy
says "data split: arrays are not lines" 2 'rondo: data split: --reader npy reads no lines that could be split' data split --task classify -o part x.npy y.npy

# CSV: a row a step, with and without groups; the label is the sign of what the numbers do.
awk 'BEGIN { print "who,t,a,b,what"; for (g = 0; g < 60; g++) for (t = 0; t < 3; t++)
    printf "\"s, %d\",%d,%s,%s,%s\n", g, t, (g % 2 ? t : -t) + g % 5 / 10, g % 7 / 10, t ? (g % 2 ? "up" : "down") : "" }' >moves.csv
"$program" train --progress off --task classify --group who --inputs a,b --hidden-size 6 --epochs 30 --lr 0.02 --val-frac 0.2 -j 1 -o moves.safetensors moves.csv 2>facts
check "csv: sequences are told apart by --group" grep -qE '^labels     "(up|down)" [0-9]+, "(up|down)" [0-9]+$' facts
check "csv: the model learns them" "$program" evaluate -q -m moves.safetensors --metric accuracy --fail-under 0.95 moves.csv
sed 's/,[^,]*$//' moves.csv >bare.csv
"$program" classify -q -m moves.safetensors moves.csv >with
"$program" classify -q -m moves.safetensors bare.csv >without
check "csv: an answer a sequence, with labels or without" sh -c '[ "$(wc -l <with)" = 60 ] && cmp with without'
awk 'BEGIN { print "a,class"; for (i = 0; i < 60; i++) printf "%s,%d\n", i % 2 ? 1 : -1, i % 2 }' >points.csv
"$program" train -q --task classify --hidden-size 4 --epochs 30 --lr 0.05 -j 1 -o points.safetensors points.csv
check "csv: one to one" "$program" evaluate -q -m points.safetensors --metric accuracy --fail-under 1 points.csv
printf 'who,a,what\n1,0,x\n1,1,y\n' >two.csv
says "csv: two labels for a sequence" 3 'rondo: two.csv:3:5: expected the label of the rows before, "x", found "y"' data check --task classify --group who two.csv
printf 'who,a,what\n1,0,x\n1,one,x\n2,1,\n' >odd.csv
printf 'who,a,what\n1,0,x\n2,1,y\n1,1,x\n' >again.csv
says "csv: a group that comes again" 3 'rondo: again.csv:4:1: the group "1" was there before (its rows must stand together)' data check --task classify --group who again.csv
says "csv: what is no number, and no label" 3 'rondo: odd.csv:3:3: expected a number in column "a", found "one"
odd.csv:4:1: there is no label' data check --task classify --group who --inputs a odd.csv

# One to many: sequences for a condition.
for place in input state; do
    "$program" train -q --task conditional --condition-place $place --hidden-size 16 --embed-size 8 --epochs 6 --lr 0.02 -j 1 -o c.$place.safetensors train.tsv
    "$program" generate -q -m c.$place.safetensors --condition vowel -n 20 --length 20 >vowels
    "$program" generate -q -m c.$place.safetensors --condition 'other kind' -n 20 --length 20 >others
    check "generate --condition ($place): 20 of each" [ "$(cat vowels others | wc -l)" = 40 ]
    check "generate --condition ($place): vowels for vowel" sh -c '! grep -q "[bcdfg]" vowels'
    check "generate --condition ($place): no vowel for the other" sh -c '! grep -q "[aeiou]" others'
    "$program" generate -q -m c.$place.safetensors --condition vowel -n 20 --length 20 -j 3 | check "generate --condition ($place): the same again" cmp - vowels
done
printf 'rondo: the model does not know the condition "x"\nhint: it knows "other kind", "vowel"\n' >want
"$program" generate -q -m c.input.safetensors --condition x 2>got
check "generate --condition: an unknown one, with those there are" cmp want got
printf 'vowel\r\nother kind\nvowel' >kinds
"$program" generate -q -m c.input.safetensors --length 20 kinds >each
check "generate: a sample for each line of conditions" sh -c '[ "$(wc -l <each)" = 3 ] && ! sed -n "1p;3p" each | grep -q "[bcdfg]" && ! sed -n 2p each | grep -q "[aeiou]"'
echo strange >>kinds
status "generate: a strange condition among them" 2 generate -q -m c.input.safetensors kinds
status "generate: conditions are not for every model" 2 generate -q -m m.safetensors kinds
printf 'vowel\taei\nconsonant\tbcd\n' >strange.tsv
says "evaluate: a condition that is none of those in training" 3 'rondo: strange.tsv:2: the condition "consonant" is none of those that the model knows' evaluate -q -m c.input.safetensors strange.tsv
printf '__label__a __label__b x\n' >two.labels
says "fastText: two labels" 3 'rondo: two.labels:1:12: a second label (each record has one)' data check --task classify --reader tsv two.labels
status "generate: a condition is needed" 2 generate -q -m c.input.safetensors
status "generate: a classifier generates nothing" 4 generate -q -m m.safetensors
exit "$bad"
