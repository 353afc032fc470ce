#!/bin/sh
# shellcheck disable=SC2086,SC3045 # the limit of address space is looked for first; options are meant to split into words
# Texts from two letters to many times the memory allowed, plain and packed (reliability F15, F16, section 5).
# RONDO_DEEP=1: 320 MB instead of 100.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
small='--hidden-size 6 --embed-size 4 --batch-size 4 --seq-len 16 --max-steps 3 --threads 1 -q'
train() { "$program" train $small "$@" </dev/null; }

# ---- packed texts
train -o plain.safetensors text.txt
if command -v gzip >/dev/null 2>&1; then
    gzip -c text.txt >text.gz
    train -o packed.safetensors text.gz
    check "gzip input gives the bytes of plain input" cmp plain.safetensors packed.safetensors
    cp text.gz unnamed
    train -o unnamed.safetensors unnamed
    check "whatever its name" cmp plain.safetensors unnamed.safetensors
    { head -c 2000 text.txt | gzip -c; tail -c +2001 text.txt | gzip -c; } >members.gz
    train -o members.safetensors members.gz
    check "several members are one text" cmp plain.safetensors members.safetensors
    "$program" train $small -o piped.safetensors - <text.gz
    check "from standard input too" cmp plain.safetensors piped.safetensors
    "$program" score -m plain.safetensors -q text.txt >one
    "$program" score -m plain.safetensors -q text.gz >two
    check "score reads it too" cmp one two
    size=$(wc -c <text.gz)
    for at in 3 12 $((size / 2)) $((size - 6)) $((size - 1)); do
        head -c $at text.gz >part.gz
        status "a packed text cut at byte $at is status 3" 3 train $small part.gz
        check "with its place" grep -q '^rondo: part.gz: byte ' status.err
    done
    { head -c $((size / 2)) text.gz; printf '\252\125'; tail -c +$((size / 2 + 3)) text.gz; } >changed.gz
    status "a damaged packed text is status 3" 3 train $small changed.gz
    { cat text.gz; echo junk; } >longer.gz
    status "bytes behind a packed text are not passed over" 3 train $small longer.gz
    : | gzip -c >nothing.gz
    status "an empty packed text is status 3" 3 train $small nothing.gz
else
    echo "skip - packed texts: gzip is not installed"
fi

# ---- the smallest texts
printf 'a' >one.txt
printf 'ab' >two.txt
status "one letter is too short: status 3" 3 train $small --val-frac 0 one.txt
check "how much there is and how much is needed" grep -qE '^rondo: one.txt: .*1 steps, at least 2' status.err
status "two letters are enough" 0 train $small --val-frac 0 two.txt
status "one line is enough" 0 train $small --lines --val-frac 0 two.txt
head -c 1048576 /dev/zero | tr '\0' x >wide.txt
status "a line of a megabyte without an end" 0 train $small --lines --val-frac 0 --seq-len 8 --max-length 100 wide.txt
status "as a stream" 0 train $small wide.txt

# ---- more text than memory
if "$program" --version | grep -qi sanitize || grep -aq __asan_init "$program" || grep -aq __tsan_init "$program"; then
    echo "skip - a text larger than memory: a sanitizer's memory cannot be limited"
    exit $bad
fi
copies=50
[ -z "${RONDO_DEEP:-}" ] || copies=160
awk 'BEGIN { for (n = 0; n < 2000000; n += length(line)) { i++; line = "the " i % 977 " quick brown fox jumps over " i % 31 " dogs\n"
    printf "%s", line } }' >part
n=0
while [ $n -lt $copies ]; do cat part; n=$((n + 1)); done >large.txt
bytes=$(wc -c <large.txt)
limit=$((bytes / 1024)) # KiB: the text alone would not fit beside the program
[ $limit -lt 160000 ] || limit=160000
timer=
[ -x /usr/bin/time ] && timer='/usr/bin/time -o peak -f %M'
# bounded NAME OPTIONS: trains within the limit of address space, and the memory really used is small.
bounded() {
    name=$1
    shift
    (ulimit -v $limit && $timer "$program" train $small "$@" large.txt) >bounded.out 2>&1 </dev/null
    check "$name: $((bytes / 1000000)) MB of text within $((limit / 1024)) MiB of address space" [ $? = 0 ] || cat bounded.out
    if [ -n "$timer" ]; then check "$name: peak $(tail -n 1 peak) KiB, 64 MiB at most" [ "$(tail -n 1 peak)" -le 65536 ]
    else echo "skip - $name: peak: /usr/bin/time is not installed"; fi
}
if ! (ulimit -v $limit) 2>/dev/null; then
    echo "skip - a text larger than memory: address space cannot be limited here"
    exit $bad
fi
bounded "one stream of characters" --val-frac 0.0001
bounded "lines" --lines --val-frac 0.0001
bounded "words" --tokens word --val-frac 0.0001
"$program" score -m plain.safetensors -q large.txt 2>/dev/null | head -n 3 >scores
check "score begins before it has read everything" [ "$(wc -l <scores)" = 3 ]
exit $bad
