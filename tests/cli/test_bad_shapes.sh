#!/bin/sh
# What data of each shape may get wrong: unseen labels, files that do not match, headers that lie, times out of order,
# targets that do not fit, empty sequences, sequences of 100,000 steps. Each is answered with its place and its status.
program=$1 source=$2
. "$source/tests/cli/common.sh"
small='-q --hidden-size 4 --embed-size 4 --max-steps 2 --val-frac 0 -j 1 -f'
# refused NAME STATUS "first line of standard error" options and files of train…: and nothing is left behind.
refused() {
    title=$1 wanted=$2 line=$3
    shift 3
    # shellcheck disable=SC2086 # options are words
    "$program" train $small -o refused.safetensors "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" = "$wanted" ] && [ "$(head -n 1 err)" = "$line" ] && [ ! -e refused.safetensors ] && [ ! -e refused.safetensors.run ]
    then passed "$title"; else
        failed "$title: status $got, expected $wanted"
        sed 's/^/    /' err
        rm -rf refused.*
    fi
}
# learned NAME MODEL options and files of train…
learned() {
    title=$1 model=$2
    shift 2
    # shellcheck disable=SC2086
    check "$title" "$program" train $small -o "$model" "$@"
}
no_row='at least 1 record is needed'

# Deltas: only beside numbers; a model that has them makes them of what it is asked about.
printf 'a\tb\n' >text.tsv
refused "deltas: none of text" 2 'rondo: --deltas: the reader tsv for classify gives no numbers a step of which they could be made' \
    --task classify --deltas text.tsv
printf '@dimensions 2\n@classLabel true up down\n@data\n1,2,3:3,4,5:up\n3,2,1:5,4,3:down\n' >steps.ts
learned "deltas: of numbers" deltas.safetensors --task classify --deltas steps.ts
check "deltas: the model reads twice as many numbers" sh -c '"$0" inspect deltas.safetensors | grep -q "x: 4 numbers a step"' "$program"
check "deltas: made of what is asked about too" sh -c '[ "$("$0" classify -q -m deltas.safetensors steps.ts | wc -l)" = 2 ]' "$program"

# Labels and texts.
printf 'a\tone\nb\ttwo\na\tuno\nb\tdue\n' >train.tsv
printf 'zz\tone\nzz\ttwo\n' >unseen.tsv
learned "classify: a model" c.safetensors --task classify train.tsv
"$program" evaluate -m c.safetensors --metric accuracy unseen.tsv >out 2>err
check "evaluate: labels not in training are wrong" [ "$(cat out)" = "$(printf 'accuracy\t0')" ]
check "evaluate: and counted" grep -q '2 of 2 targets: labels not in training, counted as wrong, in no loss' err
check "evaluate: a loss of no target is no number" sh -c "'$program' evaluate -q -m c.safetensors --metric nll unseen.tsv | grep -q 'nan\$'"
status "evaluate: nor below a limit" 1 evaluate -q -m c.safetensors --metric nll --fail-over 100 unseen.tsv
printf 'zz\tone\na\ttwo\n' >half.tsv
"$program" train --hidden-size 4 --max-steps 1 -j 1 --task classify -o half.safetensors --valid half.tsv train.tsv 2>err
check "train: labels in validation that training does not have" grep -qxF 'unseen     1 of these have labels that training does not have, and count as wrong' err
says "train: validation that cannot be judged" 3 'rondo: validation: no target can be judged (labels not in training, targets that ctc leaves out)
hint: --val-frac 0 trains without validation, --valid FILE names other data
nothing was saved (no step was finished)' \
    train -q --hidden-size 4 --embed-size 4 --epochs 1 -j 1 --task classify -o v.safetensors --valid unseen.tsv train.tsv
printf 'e = embedding(x, size=4)\nout = dense(last(e), size=3)\nloss = softmax(out, y)\n' >wide.text
says "--model-text: its file and line are told" 2 'rondo: wide.text:3: softmax needs 2 outputs for part "y", "out" has 3' \
    train -q -o wide.safetensors --task classify --model-text wide.text train.tsv
printf 'out = dense(last(x), size=1)\n' >lossless.text
printf 'a,y\n1,2\n2,3\n3,4\n' >few.csv
says "--model-text: a list of layers without a loss" 2 'rondo: lossless.text: there is no loss, --task regress learns with squared gaussian quantile' \
    train -q -o lossless.safetensors --task regress --best-by mse --model-text lossless.text few.csv
printf '\ttext\n' >nolabel.tsv
refused "classify: a label that is empty" 3 'rondo: nolabel.tsv:1:1: expected a label, a tab and a text, found an empty one before the tab' \
    --task classify nolabel.tsv
printf 'a\t\nb\t\n' >hollow.tsv
learned "classify: empty texts are legal" hollow.safetensors --task classify hollow.tsv
check "classify: an empty text has an answer" sh -c "printf '\n' | '$program' classify -q -m c.safetensors | grep -q '^[ab]'"
: >empty
for task in classify transcribe seq2seq conditional; do
    # shellcheck disable=SC2086
    status "$task: an empty file" 3 train $small --task $task empty
done

refused "classify: a loss that gives no label" 2 'rondo: --loss crf: --task classify learns with softmax binary' --task classify --loss crf train.tsv

# Tags.
printf 'the D\ncat N\n\nthe D\ndog N\n\n' >train.conll
learned "tag: a model" t.safetensors --task tag --loss crf train.conll
printf 'the D\ncat\n\n' >missing.conll
refused "tag: a token without a tag" 3 'rondo: missing.conll:2:1: a token without a tag' --task tag missing.conll
refused "tag: a column that is not there" 3 'rondo: train.conll:1:1: there is no column of tags (see --columns)' --task tag --columns 1,5 train.conll
printf '\n\n\n' >blank.conll
refused "tag: blank lines alone" 3 'rondo: blank.conll: there is nothing to learn from in it (at least 1 token with its tag is needed)' --task tag blank.conll
printf 'the X\ncat Y\n\n' >unseen.conll
"$program" evaluate -m t.safetensors --metric accuracy unseen.conll >out 2>err
check "tag: tags not in training are wrong and counted" sh -c 'grep -q "^accuracy	0\$" out && grep -q "^2 of 2 targets: labels not" err'

# Pairs.
printf 'a b\nc d\n' >two.x
printf 'x y\n' >one.y
printf 'x\ny\nz\n' >three.y
printf '\nz w\n' >hole.y
refused "seq2seq: the second file is shorter" 3 'rondo: one.y:2: the file ends here, two.x goes on (both need as many lines)' --task seq2seq two.x one.y
refused "seq2seq: the first file is shorter" 3 'rondo: two.x:3: the file ends here, three.y goes on (both need as many lines)' --task seq2seq two.x three.y
printf 'a b\n\n' >hole.x
learned "seq2seq: empty sources and targets are legal" s.safetensors --task seq2seq --tokens word hole.x hole.y
check "seq2seq: and are answered" sh -c "[ \$('$program' translate -q -m s.safetensors hole.x | wc -l) = 2 ]"

# Targets of ctc.
printf 'aabb\tab\nccdd\tcd\nab\tabab\n' >ctc.tsv
"$program" train --task transcribe --hidden-size 4 --embed-size 4 --max-steps 1 --val-frac 0 -j 1 -o ctc.safetensors ctc.tsv >out 2>err
check "transcribe: a target that does not fit is named" grep -q 'ctc.tsv:3: the target needs more steps than there are; ctc leaves it out' err
printf 'ab\tabab\n' >short.tsv
refused "transcribe: and refused when asked" 3 'rondo: short.tsv:1: loss "loss": sequence 0 of part "y" has 4 symbols, which need more than the 2 steps of "out" (equal neighbours need one between them)' \
    --task transcribe --ctc-infeasible error short.tsv
refused "transcribe: of which none fits" 3 'rondo: short.tsv:1: the target needs more steps than there are, and so do all others: ctc has nothing to learn from' \
    --task transcribe short.tsv
"$program" evaluate -m ctc.safetensors --metric nll ctc.tsv >out 2>err
check "evaluate: and counted" grep -q '^1 target: more steps needed than there are, in no loss of ctc' err
printf '\tab\naab\t\n\t\n' >hollow.ctc.tsv
learned "transcribe: empty sequences and targets are legal" hollow.safetensors --task transcribe hollow.ctc.tsv

# Options of other tasks are not taken in silence: command line and --config, not the environment.
foreign() { # TASK OPTION "TASKS" [VALUE]
    says "$1 --$2" 2 "rondo: --$2 is for --task $3, not for --task $1" train -q --task "$1" "--$2${4:+=$4}" nowhere.data
}
foreign classify horizon forecast 3
foreign tag pool 'regress, forecast or classify' mean
foreign classify attention seq2seq dot
foreign lm season forecast 7
foreign lm chars 'classify or tag' 10
foreign forecast lowercase 'lm, classify, tag, seq2seq, transcribe or conditional'
printf 'task = lm\ninput-feed = yes\n' >feed.config
says "lm, input-feed in --config" 2 'rondo: --input-feed is for --task seq2seq, not for --task lm' train -q --config feed.config nowhere.data
printf 'aab\tab\n' >fits.tsv
says "evaluate --confusion of transcripts" 2 'rondo: --confusion is for --task classify or tag, not for --task transcribe' \
    evaluate -m ctc.safetensors --confusion fits.tsv
RONDO_HORIZON=3 RONDO_SEASON=7 "$program" evaluate -q -m ctc.safetensors --metric nll fits.tsv >out 2>err
check "the environment may hold options of other tasks" [ -s out -a ! -s err ]
check "and so may what turns them off" "$program" evaluate -q -m ctc.safetensors --no-confusion --metric nll fits.tsv

# Headers of .ts files.
ts() { # ts NAME "message" "lines before @data" "lines behind"
    printf "%b@data\n%b" "$3" "$4" >series.ts
    refused ".ts: $1" 3 "rondo: series.ts:$2" --task classify series.ts
}
head='@univariate true\n@classLabel true a b\n'
ts "neither true nor false" '1:13: expected true or false, found "maybe"' "@timeStamps maybe\n$head" '1,2:a\n'
ts "a label that is not listed" '4:5: expected a label that @classLabel lists, found "c"' "$head" '1,2:c\n'
ts "a word that no header has" '1:2: expected a header of .ts files after the @, found "nonsense"' "@nonsense\n$head" '1,2:a\n'
ts "dimensions that are not there" '5:1: expected 3 dimensions and a label, found 2 fields between '"':'" \
    '@univariate false\n@dimensions 3\n@classLabel true a b\n' '1,2:a\n'
ts "another length than it says" '6:1: the length is not that of @seriesLength' "@equalLength true\n@seriesLength 5\n$head" '1,2:a\n'
ts "no record" " there is nothing to learn from in it ($no_row)" "$head" ''
printf '1,2:a\n' >series.ts
refused ".ts: no header" 3 'rondo: series.ts:1:1: expected a header, @data is missing' --task classify series.ts

# Sound: 8,000 bytes of samples, of which the header says more, or no whole samples. A build without sound skips these.
wav() { # wav FILE "four bytes of size, escaped"
    { printf 'RIFF\144\037\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data'
      printf "$2"; head -c 8000 /dev/zero; } >"$1"
}
wav good.wav '\100\037\000\000'
wav lies.wav '\200\070\001\000'
wav odd.wav '\077\037\000\000'
printf 'good.wav\ta\n' >good.list
# shellcheck disable=SC2086
if "$program" train $small --task classify --features logmel:4 -o w.safetensors good.list >out 2>err; then
    printf 'good.wav\ta\nlies.wav\tb\n' >lies.list
    refused "wav: more samples than bytes" 3 'rondo: lies.list:2:1: lies.wav: byte 40: the chunk "data" has 80000 bytes, 8000 follow: the file is cut' \
        --task classify --features logmel:4 lies.list
    status "wav: nor in use" 3 classify -q -m w.safetensors lies.list
    printf 'odd.wav\ta\n' >odd.list
    refused "wav: half a sample" 3 'rondo: odd.list:1:1: odd.wav: byte 40: 7999 bytes of samples are not whole blocks of 2' \
        --task classify --features logmel:4 odd.list
    printf 'good.wav\ta\nnone.wav\tb\n' >none.list
    refused "wav: a file that is not there" 5 'rondo: none.list:2:1: none.wav: cannot be opened: No such file or directory' \
        --task classify --features logmel:4 none.list
elif grep -q RONDO_WITH_AUDIO err; then passed "skipped: sound (a build without it)"; else failed "wav: a sound file"; fi

# Times.
awk 'BEGIN { print "day,v"; for (i = 1; i <= 20; i++) printf "2016-02-%02d,%d\n", i, i % 5 }' >days.csv
series='--task forecast --target v --seq-len 3 --horizon 2'
# shellcheck disable=SC2086
{
    learned "forecast: a model" f.safetensors $series days.csv
    sed '5{h;d};6{G}' days.csv >back.csv
    refused "forecast: a time before the one above" 3 'rondo: back.csv:6:1: the time "2016-02-04" comes before that of back.csv:5 (2016-02-05)' $series back.csv
    status "forecast: nor in use" 3 forecast -m f.safetensors back.csv
    sed 5p days.csv >twice.csv
    refused "forecast: a time twice" 3 'rondo: twice.csv:6:1: the time "2016-02-04" is again that of twice.csv:5 (2016-02-04)' $series twice.csv
    sed 's/-07,/-30,/' days.csv >never.csv
    refused "forecast: a day that no month has" 3 'rondo: never.csv:8:1: expected a time in column "day", found "2016-02-30" (it is written as no time before it)' $series never.csv
    head -n 4 days.csv >few.csv
    refused "forecast: fewer rows than a window" 3 'rondo: few.csv: no window fits: 3 rows, windows of 3 (--seq-len) and the 2 after them (--horizon)' $series few.csv
}

# 100,000 steps: done, or refused for lack of memory before anything is computed.
awk 'BEGIN { s = 7; for (i = 0; i < 100000; i++) { s = (s * 1103515245 + 12345) % 2147483648; printf "%s", substr("abcdefgh", 1 + int(s / 65536) % 8, 1) } }' >long
{ printf 'a\t'; cat long; printf '\n'; } >long.tsv
{ cat long; printf '\tabc\n'; } >long.ctc.tsv
fold -w 1 long | awk '{ print $1, $1 } END { print "" }' >long.conll
{ cat long; printf '\n'; } >long.x
once='--max-steps 1'
# shellcheck disable=SC2086
{
    learned "classify: 100,000 steps" lc.safetensors --task classify $once long.tsv
    check "classify: in use" sh -c "[ \$('$program' classify -q -m lc.safetensors -j 1 long.x | wc -l) = 1 ]"
    learned "tag: 100,000 steps" lt.safetensors --task tag $once long.conll
    check "tag: in use" sh -c "[ \$('$program' tag -q -m lt.safetensors -j 1 long.conll | wc -l) = 100001 ]"
    learned "transcribe: 100,000 steps" lr.safetensors --task transcribe $once long.ctc.tsv
    check "transcribe: in use" sh -c "[ \$('$program' transcribe -q -m lr.safetensors --beam-size 1 -j 1 long.x | wc -l) = 1 ]"
}
# shellcheck disable=SC2086
"$program" train $small --task seq2seq --memory 1G -o ls.safetensors long.x long.x >out 2>err
check "seq2seq: 100,000 times 100,000 steps of attention" [ $? = 6 ]
check "seq2seq: the sequence is named" grep -q '^hint: the longest sequence, long.x:1, has 100000 steps' err
exit "$bad"
