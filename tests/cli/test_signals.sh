#!/bin/sh
# Rule 14: the first signal saves and says how to resume, SIGUSR1 saves and goes on.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt

# start MODEL: a long run in the background; waits for its first step.
start() {
    rm -f run.out run.err # the steps of the run before must not be taken for this one's
    "$program" train --hidden-size 8 --embed-size 4 --seq-len 16 --batch-size 4 --threads 1 --epochs 0 --max-time 100s \
        --patience 0 --checkpoint-every 0 -o "$1" text.txt >run.out 2>run.err </dev/null &
    run=$!
    tries=0
    until grep -qs '^step=4 ' run.err || [ $tries = 100 ]; do sleep 0.1; tries=$((tries + 1)); done
}
for pair in INT:130 TERM:143 HUP:129; do
    name=${pair%:*} want=${pair#*:}
    start $name.safetensors
    kill -s "$name" $run
    wait $run
    got=$?
    check "SIG$name: status $want" [ $got = "$want" ]
    check "SIG$name: says how to resume" grep -qE "^saved: $name.run, step [0-9]+; resume with: rondo train --resume $name.run\$" run.err
    check "SIG$name: no model yet" [ ! -e $name.safetensors ]
    says "SIG$name: the unfinished run is not overwritten" 2 "rondo: \"$name.run\": holds an unfinished run
hint: rondo train --resume $name.run goes on with it, -f begins anew" train -q -o $name.safetensors text.txt
done
"$program" train -q --resume TERM.run --max-time 0.001s
check "the command of the message works" [ $? = 0 -a -s TERM.safetensors ]

start user.safetensors
kill -s USR1 $run
tries=0
until ls user.run/step-*.safetensors >/dev/null 2>&1 || [ $tries = 100 ]; do sleep 0.1; tries=$((tries + 1)); done
check "SIGUSR1 saves" ls user.run/step-*.safetensors
check "and goes on" kill -0 $run
says "a second run in the folder is refused" 5 "rondo: \"user.run\": process $run is training there" train -q -f -o user.safetensors text.txt
kill -s KILL $run
wait $run 2>/dev/null
"$program" train -q --resume user.run --max-time 0.001s
check "kill -9 leaves a run that goes on" [ $? = 0 -a -s user.safetensors ]

# Before there is anything to save a signal ends the program at once.
mkfifo pipe
"$program" train -q pipe >run.out 2>run.err &
run=$!
sleep 0.3
kill -s TERM $run
wait $run
check "SIGTERM while reading: status 143" [ $? = 143 ]
exit $bad
