#!/bin/sh
# rondo reproduce: a recipe from data to verdict; what is there already, changed recipes, stops, what is missing.
program=$1 source=$2
. "$source/tests/cli/common.sh"

# Words that end in -o are "it", in -s "es".
make_words() { # FILE SEED RECORDS
    awk -v s="$2" -v n="$3" 'function r(k) { s = (s * 1103515245 + 12345) % 2147483648; return int(s / 65536) % k }
        BEGIN { for (i = 0; i < n; i++) { w = ""; m = 2 + r(5); for (k = 0; k < m; k++) w = w substr("abcde", 1 + r(5), 1)
                e = r(2); printf "%s\t%s%s\n", e ? "it" : "es", w, e ? "o" : "s" } }' >"$1"
}
mkdir -p recipes/two data/pairs
make_words data/pairs/train.tsv 1 300
make_words data/pairs/test.tsv 2 60
printf 'task = classify\nhidden-size = 8\nembed-size = 4\nepochs = 5\nlr = 0.02\n' >recipes/two/options
cat >recipes/two/recipe <<'END'
title = two languages
data = pairs
train = train.tsv
test = test.tsv
seeds = 2
metric = accuracy
reach = 0.9
published = 1
source = this test
END
again() { "$program" reproduce -j 1 "$@" >out 2>err </dev/null; }
hashes() { cat reproduce/two-seed*.safetensors | cksum; }

check "reproduce --list" [ "$("$program" reproduce --list)" = "$(printf 'two\ttwo languages')" ]
check "a recipe that passes" again two
check "its models" [ -s reproduce/two-seed1.safetensors -a -s reproduce/two-seed2.safetensors ]
check "its row" grep -qE '^two	accuracy	[0-9.]+	[0-9.e-]+	2	>= 0.9	1	this test	pass$' out
first=$(hashes) row=$(tail -n 1 out)
check "the second time nothing is trained" again two
check "which gives the same row" [ "$(tail -n 1 out)" = "$row" ]
check "of the same models" [ "$(hashes)" = "$first" ]
check "without a word about it" sh -c '! grep -q "note" err'
again --json
check "--json: two runs, passed" grep -qE '"recipe":"two","metric":"accuracy","mean":[0-9.]+,.*"runs":2,.*"verdict":"pass"' out
sed -i 's/^reach.*/reach = 1.5/' recipes/two/recipe
again two
check "a recipe that falls short is status 1" [ $? = 1 ]
check "what is to be reached is no reason to train" [ "$(hashes)" = "$first" ]
sed -i 's/^reach.*/reach = 0/' recipes/two/recipe
mkdir elsewhere && cp -r data elsewhere
again --data elsewhere/data two
check "nor is another folder of data" [ "$(hashes)" = "$first" ]

# A recipe that changed.
sed -i 's/^hidden-size.*/hidden-size = 6/' recipes/two/options
check "other options: trained" again two
check "and said for each model" [ "$(grep -c '^rondo: note: reproduce/two-seed[12]: the recipe has changed since; it is trained anew$' err)" = 2 ]
check "the models are others" [ "$(hashes)" != "$first" ]
check "with the new options" grep -q "^hidden-size = 6$" reproduce/two-seed1.run/options
second=$(hashes)
again two
check "once" [ "$(hashes)" = "$second" ]
echo 'with = --dropout-output 0.1' >>recipes/two/recipe
again two
check "options in the recipe itself count too" [ "$(hashes)" != "$second" ]
rm reproduce/two-seed1.recipe
again two
check "a model of which nothing is known is taken, and said" grep -q '^rondo: note: reproduce/two-seed1.recipe: is not there' err

# Stopped: the child saves, what there is is printed, the same command goes on to the same bytes.
sed -i -e '/^with/d' -e 's/^reach.*/reach = 0/' recipes/two/recipe
printf 'epochs = 150\npatience = 0\n' >>recipes/two/options
again --out whole two
check "an undisturbed run" [ $? = 0 ]
stop() { # NAME-OF-SIGNAL STATUS FILE-TO-WAIT-FOR
    rm -rf stopped
    "$program" reproduce -j 1 --out stopped two >out 2>err </dev/null &
    job=$!
    until [ -f "stopped/$3" ] || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
    sleep 0.05
    kill -s "$1" $job
    wait $job
    got=$?
    check "SIG$1: status $2" [ $got = "$2" ]
    check "SIG$1: says how to go on" grep -q '^stopped; the same command goes on$' err
    check "SIG$1: no child is left" run_is_free
}
# The lock of a run names the process that trains.
run_is_free() {
    for lock in stopped/*.run/lock; do
        if [ -f "$lock" ] && kill -0 "$(tr -cd 0-9 <"$lock")"; then return 1; fi
    done
}
stop TERM 143 two-seed1.run/metrics.jsonl
check "nothing to tell of yet" [ "$(wc -l <out)" = 1 ]
check "the child saved" sh -c 'ls stopped/two-seed1.run/step-*'
again --out stopped two
check "the same command goes on" [ $? = 0 ]
check "to the same bytes" cmp whole/two-seed1.safetensors stopped/two-seed1.safetensors
stop INT 130 two-seed2.run/metrics.jsonl
check "the row of the seed that was done" grep -qE '^two	accuracy	[0-9.]+	0	1	.*	unfinished$' out
again --out stopped two
check "the same command goes on" cmp whole/two-seed2.safetensors stopped/two-seed2.safetensors

# What is missing or wrong is told before anything is trained.
says "an unknown recipe" 2 'rondo: "recipes/tow/recipe": no such recipe
hint: rondo reproduce --list names them, --recipes DIR says where they are' reproduce tow
says "no folder of data" 5 'rondo: nowhere/pairs: no such folder
hint: recipes/NAME/README.md says where the data come from; --data DIR says where they are' reproduce --data nowhere --out none two
check "and nothing was begun" [ ! -e none ]
sed -i 's/^train = .*/train = missing.tsv/' recipes/two/recipe
status "a file of data that is missing: the child's status" 5 reproduce --out missing two
check "and where to read why" grep -q 'rondo train ended with status 5; missing/two-seed1.log says why' status.err
check "which is there" grep -q 'missing.tsv' missing/two-seed1.log
echo 'metrics = x' >>recipes/two/recipe
says "a word that no recipe has" 3 'rondo: recipes/two/recipe:10:1: "metrics" is nothing that a recipe says (expected title, data, train, …)' reproduce two
exit "$bad"
