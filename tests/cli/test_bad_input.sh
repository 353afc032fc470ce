#!/bin/sh
# Each kind of bad input has its status and its message, and leaves nothing behind.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
small='--hidden-size 8 --embed-size 4 --seq-len 16 --batch-size 4 --max-steps 2 --threads 1 -q'
# refused NAME STATUS PATTERN FILE: training on FILE.
refused() {
    # shellcheck disable=SC2086
    "$program" train $small -o new.safetensors "$4" >out 2>err </dev/null
    got=$?
    if [ $got = "$2" ] && head -n 1 err | grep -qE "$3"; then passed "$1"; else
        failed "$1: status $got, expected $2"
        sed 's/^/    /' err
    fi
    if [ -e new.safetensors ] || [ -e new.run ]; then failed "$1: leaves something behind"; rm -rf new.*; fi
}
: >empty
printf 'ab\377cd\n' >latin
printf '\377\376a\000b\000' >utf16
printf 'ab\000cd\n' >zero
mkdir dir
refused "missing" 5 '^rondo: none: .*No such file' none
refused "empty" 3 '^rondo: empty: .*empty' empty
refused "a folder without data" 3 "^rondo: dir: no file in it has a suffix that --task lm reads" dir
refused "not UTF-8: line and column" 3 '^rondo: latin:1:3: byte 0xff is not UTF-8' latin
check "the likely encoding is hinted" grep -q '^hint: .*Latin-1' err
refused "UTF-16" 3 '^rondo: utf16:1:1: ' utf16
refused "a NUL byte" 3 '^rondo: zero:1:3: ' zero
if [ "$(id -u)" != 0 ]; then
    cp text.txt locked; chmod 000 locked
    refused "unreadable" 5 '^rondo: locked: .*Permission denied' locked
fi
refused "a name with control characters is shown quoted" 5 'x1b' "$(printf 'no\033[31mne')"
# accepted NAME FILE
accepted() {
    # shellcheck disable=SC2086
    check "$1" "$program" train $small --val-frac 0 "$2"
}
tr '\n' ' ' <text.txt >oneline
accepted "one long line without end" oneline
sed 's/$/\r/' text.txt >crlf
accepted "CRLF" crlf
check "bytes where they are asked for" "$program" train $small --tokens byte --val-frac 0 zero
gzip -c text.txt >packed.gz 2>/dev/null && accepted "gzip" packed.gz

# Models.
# shellcheck disable=SC2086
"$program" train $small -o m.safetensors text.txt
model() { status "$1" "$2" generate -m "$3" --length 3; }
model "a sound model" 0 m.safetensors
model "a missing model" 5 none.safetensors
model "a text is no model" 4 text.txt
model "an empty model" 4 empty
model "a folder is no model" 5 dir
head -c 500 m.safetensors >cut.file
model "a cut model" 4 cut.file
size=$(wc -c <m.safetensors)
head -c $((size - 1)) m.safetensors >cut.file
model "a model short of one byte" 4 cut.file
{ cat m.safetensors; printf x; } >longer
model "a model with a byte too many" 4 longer
for at in 3 20 $((size / 2)) $((size - 1)); do
    { head -c "$at" m.safetensors; printf '\252'; tail -c $((size - at - 1)) m.safetensors; } >flipped
    cmp -s flipped m.safetensors || model "a changed byte at $at" 4 flipped
done
"$program" data synth adding -n 20 --length 4 -o adding.csv
"$program" train --task regress --group group --inputs value,marker --target target --embed-size 0 --hidden-size 4 \
    --max-steps 2 --threads 1 -q -o numbers.safetensors adding.csv
check "a model of numbers" [ $? = 0 ]
model "a model of another task" 4 numbers.safetensors
status "its data are checked too" 3 evaluate -m numbers.safetensors text.txt

# An instruction set that the binary or the processor lacks.
case $(uname -m) in
    x86_64) other=neon ;;
    *) other=avx512 ;;
esac
for isa in avx9 $other; do
    RONDO_ISA=$isa status "RONDO_ISA=$isa: train" 2 train $small -o isa.safetensors text.txt
    RONDO_ISA=$isa status "RONDO_ISA=$isa: generate" 2 generate -m m.safetensors --length 3
    RONDO_ISA=$isa status "RONDO_ISA=$isa: selftest" 2 selftest
    RONDO_ISA=$isa "$program" selftest >out 2>err
    check "RONDO_ISA=$isa: says what there is" grep -q "RONDO_ISA asks for \"$isa\".*expected one of: .*generic" err
done
exit $bad
