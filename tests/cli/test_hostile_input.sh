#!/bin/sh
# shellcheck disable=SC2016,SC2086 # awk has dollars of its own; options are meant to split into words
# Input that nobody vouches for (reliability R11, R12): damaged models by the hundred, lines that are no text, streams
# that fail. Never a crash, never status 0 with a wrong answer, and nothing that was saved is lost.
# RONDO_DEEP=1 cuts a model at every byte and changes every byte of its header.
program=$1 source=$2
. "$source/tests/cli/kill_common.sh"
(train m $stream)
(train l --lines --cell rnn)
(train y --lines --tokens byte --cell rnn)
check "three models are trained" [ -s m.safetensors -a -s l.safetensors -a -s y.safetensors ]
sum() { cksum <m.safetensors; }
sound=$(sum)

# refused WHAT STATUS arguments…: the status, a first line that begins with "rondo: ", and no word on standard output.
refused() {
    what=$1 want=$2
    shift 2
    "$program" "$@" >out 2>err </dev/null
    got=$?
    if [ $got = "$want" ] && head -n 1 err | grep -q '^rondo: ' && [ ! -s out ]; then return 0; fi
    failed "$what: status $got, expected $want"
    head -n 3 err | sed 's/^/    /'
    return 1
}

# ---- models
size=$(wc -c <m.safetensors)
header=$(($(od -An -tu8 -N8 m.safetensors) + 8))
step=$((size / 60))
[ -z "${RONDO_DEEP:-}" ] || step=1
at=0 count=0
while [ $at -lt "$size" ] && [ $bad = 0 ]; do
    head -c $at m.safetensors >part
    refused "a model cut at byte $at" 4 generate -m part --length 3 && count=$((count + 1))
    at=$((at + step))
done
[ $bad = 0 ] && passed "a model cut at each of $count places is refused with status 4"
# Changed bits: of the header at even distances, of the numbers too.
changes=$(awk -v header="$header" -v size="$size" -v deep="${RONDO_DEEP:+1}" 'BEGIN {
    for (i = 0; i < header; i += deep ? 1 : int(header / 60)) print i
    for (i = header; i < size; i += int((size - header) / (deep ? 500 : 40))) print i }')
count=0
for at in $changes; do
    bit=$((1 << (at % 8)))
    byte=$(od -An -tu1 -j "$at" -N1 m.safetensors)
    { head -c "$at" m.safetensors; printf '%b' "\\0$(printf '%o' $((byte ^ bit)))"; tail -c +$((at + 2)) m.safetensors; } >flipped
    cmp -s flipped m.safetensors && failed "the test changes byte $at"
    refused "a model with a changed bit in byte $at" 4 generate -m flipped --length 3 && count=$((count + 1))
    [ $bad = 0 ] || exit 1
done
passed "each of $count changed bits is seen"
for verb in evaluate score inspect gradcheck; do
    case $verb in inspect | gradcheck) set -- $verb flipped ;; *) set -- $verb -m flipped text.txt ;; esac
    refused "$verb of a damaged model" 4 "$@" && passed "$verb refuses a damaged model"
done
refused "--init-from a damaged model" 4 train -q --init-from flipped -o new.safetensors text.txt && passed "--init-from refuses one"
check "and leaves nothing behind" [ ! -e new.run ]
printf '<!DOCTYPE html><html></html>' >page
check "a web page is called one" sh -c "'$program' inspect page 2>&1 | grep -qi 'page\|html'"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n' >pointer
check "a Git LFS pointer is called one" sh -c "'$program' inspect pointer 2>&1 | grep -qi 'lfs'"
printf '\200\002}q\000.' >pickle
check "a pickle is called one" sh -c "'$program' inspect pickle 2>&1 | grep -qi 'pickle'"
mkfifo pipe
cat m.safetensors >pipe &
check "a model is read from a pipe" timeout 20 "$program" generate -m pipe --length 3
wait
cat text.txt >pipe &
check "and so are data, which are walked twice" timeout 20 "$program" train $small --threads 1 -q pipe
wait

# ---- what was saved stays, whatever is asked
cp -r m.run before.run
ask() { refused "$1" "$2" train $small --threads 1 -q -f -o m.safetensors "$3"; }
printf 'ab\377cd\n' >latin
: >empty
mkdir dir
ask "-f with data that are not there" 5 none
ask "-f with data that are not text" 3 latin
ask "-f with empty data" 3 empty
ask "-f with a folder that holds no data" 3 dir
check "bad data with -f leave the model" [ "$(sum)" = "$sound" ]
check "and its run" diff -r before.run m.run
refused "-f onto a folder" 2 train $small -q -f -o dir text.txt && passed "a folder is never the output"
refused "-f onto a device" 2 train $small -q -f -o /dev/null text.txt && passed "nor a device"
if [ "$(id -u)" = 0 ]; then echo "skip - a folder without permission: the user is root"; else
    mkdir closed && chmod 500 closed
    refused "a folder without permission" 5 train $small -q -o closed/m.safetensors text.txt && passed "told before training"
fi

# ---- lines: one in, one out
million=$(head -c 1000000 /dev/zero | tr '\0' a)
printf 'ab\n\nab\000d\nx\r\ny\rz\n%s\n\n\t\nlast' "$million" >lines
"$program" score -m l.safetensors lines >out 2>err
check "score: status 0" [ $? = 0 ]
check "score: ten lines give ten records" [ "$(wc -l <out)" = 10 ]
check "score: each a number, counts and the line" sh -c '! LC_ALL=C grep -avE "^-[0-9.e+]+	[0-9]+	[0-9]+	" out'
check "score: the long line is whole" [ "$(sed -n 7p out | cut -f2)" = 1000001 ]
"$program" score -m l.safetensors --json lines >out 2>err
check "score --json: ten objects" [ "$(grep -ac '^{"schema":1,.*}$' out)" = 10 ]
printf 'ab\n\377\376\nc\n\355\240\200\nd\n' >bytes
refused "a line that is not UTF-8" 3 score -m l.safetensors bytes
check "with its place" grep -qx 'rondo: bytes:2:1: byte 0xff is not UTF-8' err
refused "more bad lines than allowed" 3 score -m l.safetensors --skip-bad 1 bytes
check "with the place of the one too many" grep -q '^rondo: bytes:4:1: ' err
"$program" score -m l.safetensors --skip-bad 2 bytes >out 2>err
check "--skip-bad 2: status 0" [ $? = 0 ]
check "five records, the bad ones empty" [ "$(awk '{ print (NF > 0) }' out | tr -d '\n')" = 10101 ]
check "each bad one is told with its place" [ "$(grep -c '^rondo: note: bytes:[24]:1: .*left out$' err)" = 2 ]
"$program" score -m l.safetensors --skip-bad 2 --json bytes >out 2>err
check "as JSON the text is null" [ "$(grep -c '"text":null' out)" = 2 ]
"$program" score -m y.safetensors bytes >out 2>err
check "a model of bytes takes any line" [ $? = 0 -a "$(wc -l <out)" = 5 ]
: | "$program" score -m l.safetensors >out 2>err
check "no line in, none out, status 0" [ $? = 0 -a ! -s out ]
refused "--max-line is told with the line" 6 score -m l.safetensors --max-line 1000 lines
check "as file and line" grep -q '^rondo: lines:7: ' err
refused "a prompt that is not UTF-8" 3 generate -m m.safetensors -p "$(printf 'a\377')"
check "with its byte" grep -qx 'rondo: prompt: byte 1 is not UTF-8' err
"$program" generate -m m.safetensors -n 7 --length 20 --json >out
check "generate: seven asked, seven given" [ "$(wc -l <out)" = 7 ]
"$program" generate -m m.safetensors --length 5 -p "$(printf '\342\230\203')" >out
check "a prompt of unknown symbols is kept" grep -q "^$(printf '\342\230\203')" out

# ---- streams that fail
if [ -c /dev/full ]; then
    full() {
        name=$1
        shift
        "$program" "$@" >/dev/full 2>err </dev/null
        got=$?
        check "a full standard output is status 5: $name" [ $got = 5 ]
        check "and said once: $name" [ "$(grep -c '^rondo: ' err):$(grep -cx 'rondo: standard output: No space left on device' err)" = 1:1 ]
    }
    full generate generate -m m.safetensors --length 5
    full "generate, more than a buffer" generate -m m.safetensors --length 100000
    full score score -m l.safetensors -q text.txt
    full evaluate evaluate -m m.safetensors text.txt
    full inspect inspect m.safetensors
    full plot plot m.run
    full "train --json" train $small -q --json text.txt
    full "data synth" data synth names -n 5000
    "$program" train $small --threads 1 -q --json -o full.safetensors text.txt >/dev/full 2>err
    check "train --json: what was trained is saved" grep -q '^saved: full.run, step [0-9]*; resume with: ' err
    "$program" train -q --resume full.run --no-json 2>err
    check "and goes on" [ $? = 0 -a -s full.safetensors ]
else
    echo "skip - /dev/full is missing"
fi
# gone NAME arguments…: the reader of standard output goes away.
gone() {
    name=$1
    shift
    { "$program" "$@" 2>pipe.err </dev/null; echo $? >pipe.status; } | head -n 1 >/dev/null
    check "a reader that goes away is no error: $name" [ "$(cat pipe.status)" = 0 -a ! -s pipe.err ]
}
gone generate generate -m m.safetensors --length 100000
gone score score -m l.safetensors -q lines
gone "data synth" data synth names -n 100000
gone inspect inspect m.safetensors
check "the model is as it was" [ "$(sum)" = "$sound" ]
exit "$bad"
