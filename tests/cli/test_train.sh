#!/bin/sh
# rondo train: files, run folders, resuming, budgets, JSON, and what stands on which stream.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
small='--hidden-size 8 --embed-size 4 --seq-len 16 --batch-size 4 --threads 1'
# shellcheck disable=SC2086 # the words of $small are meant to split
train() { "$program" train $small "$@" </dev/null; }

train --max-steps 20 --eval-every 10 -o one.safetensors text.txt >out 2>err
check "train: status 0" [ $? = 0 ]
check "nothing on standard output" [ ! -s out ]
check "the model and its run folder" [ -s one.safetensors -a -s one.run/metrics.jsonl -a -s one.run/options -a -s one.run/finished ]
check "the data check comes before step 1" awk '/^step=/ { step = NR } /symbols/ && !step { data = 1 } END { exit !data }' err
check "plain progress at 1 2 4 8 16 and at evaluations" [ "$(sed -n 's/^step=\([0-9]*\) .*/\1/p' err | tr '\n' ' ')" = '1 2 4 8 10 16 20 ' ]
check "progress is key=value" grep -qE '^step=10 loss=[0-9.]+ valid=[0-9.]+ gnorm=[0-9.e-]+ lr=0.002 chars_per_s=[0-9]+$' err
check "no carriage return" sh -c '! tr -d "\n" <err | grep -q "$(printf "\\r")"'
check "the last lines say why it ended" grep -qE '^stopped: step budget; best valid [0-9.]+ \([0-9.]+ bits/char\) at step 20; saved one.safetensors$' err
check "baselines stand beside the score" grep -q '^baselines on the same validation data: unigram' err
check "the memory needed is told before step 1" awk '/^step=/ { step = NR } /^needs [0-9.]+ [KM]iB$/ && !step { told = 1 } END { exit !told }' err
for saved in f32 recompute; do train -q --max-steps 6 --num-layers 3 --dropout 0.2 --saved $saved -o $saved.safetensors text.txt; done
check "--saved recompute: the bits of f32" cmp f32.safetensors recompute.safetensors
bf16() { "$program" train -q --hidden-size 24 --num-layers 3 --seq-len 40 --batch-size 8 --dropout 0.2 --saved bf16 "$@" text.txt </dev/null; }
for threads in 1 2 3 8; do bf16 --max-steps 8 --threads $threads -o bf16-$threads.safetensors; done
for threads in 2 3 8; do check "--saved bf16: the same bytes from $threads threads" cmp bf16-1.safetensors bf16-$threads.safetensors; done
bf16 --max-steps 4 -o gates.safetensors
"$program" train -q --resume gates.run --max-steps 8 2>err
check "--saved bf16: resumed, the bytes of a run never stopped" cmp bf16-1.safetensors gates.safetensors
"$program" train -q --resume gates.run --max-steps 9 --saved f32 2>err
check "a run with --saved bf16 does not go on with f32" [ $? != 0 ]
check "and says so" grep -q '^saved: "bf16" -> "f32"$' err
"$program" train -q --resume recompute.run --max-steps 7 --saved f32 2>err
check "one with recompute does: its bits are the same" [ $? = 0 ]
says "what --saved takes" 2 'rondo: --saved: expected f32|bf16|recompute, found "f16"
hint: did you mean bf16?' train --saved f16 text.txt
says "gradcheck refuses rounded gates" 2 'rondo: gradcheck: --saved bf16 rounds gates, which differences of the loss do not show
hint: --saved f32 and --saved recompute can be checked' gradcheck --saved bf16 gates.safetensors
check "but checks a model that learned with them" "$program" gradcheck gates.safetensors
# shellcheck disable=SC2086
"$program" train $small -q --memory 10K -o over.safetensors text.txt 2>over.err
check "more than --memory is status 6" [ $? = 6 ]
check "and leaves nothing behind" [ ! -e over.run -a ! -e over.safetensors ]
# shellcheck disable=SC2086
"$program" train $small -q --lines --memory 10K text.txt 2>over.err
check "the longest line is named" grep -qE '^hint: the longest sequence, text.txt:[0-9]+, has [0-9]+ steps' over.err

says "an existing model is not replaced" 2 'rondo: "one.safetensors": is there already
hint: -f replaces it' train -q -o one.safetensors text.txt
mv one.safetensors kept
says "nor a finished run" 2 'rondo: "one.run": holds a finished run
hint: rondo train --resume one.run goes on with it, -f begins anew' train -q -o one.safetensors text.txt
mv kept one.safetensors
cp one.safetensors before
train -q -f --max-steps 20 --eval-every 10 -o one.safetensors text.txt
check "-f replaces both, and the same command gives the same bytes" cmp before one.safetensors
cp text.txt safe.txt
says "an input is never overwritten" 2 'rondo: "text.txt": is read, so it cannot be the output' train -f -o text.txt text.txt
check "and stands as it was" cmp text.txt safe.txt
says "a folder that is missing is told at once" 5 'rondo: "none/m": none: No such file or directory' train -o none/m text.txt

# Budgets may be changed on resume: 20 steps and 20 more are 40.
train -q --max-steps 40 --eval-every 10 -o forty.safetensors text.txt
"$program" train -q --resume one.run --max-steps 40 --threads 2 2>err
check "resume with a longer budget" [ $? = 0 ]
check "gives the bytes of a run never stopped" cmp forty.safetensors one.safetensors
mkdir moved
mv one.run one.safetensors text.txt moved/
(cd / && "$program" train -q --resume "$folder/moved/one.run" --max-steps 41 2>"$folder/err")
check "a run moved with its data goes on from anywhere" [ $? = 0 ]
mv moved/text.txt .
says "a folder without a run" 5 'rondo: "moved": no run is kept there
hint: it is the folder MODEL.run beside the model of a run' train --resume moved
"$program" train -q --resume forty.run --lr 0.1 --max-steps 50 2>err
check "another learning rate is refused on resume" [ $? != 0 ]
check "and named" grep -q 'lr' err

# Streams and JSON.
train --max-steps 3 --json text.txt >events 2>err
check "--json: status 0" [ $? = 0 ]
check "--json: events in order" [ "$(sed -n 's/.*"event":"\([a-z]*\)".*/\1/p' events | tr '\n' ' ')" = 'start step step step eval end ' ]
check "--json: every line says its schema" sh -c '! grep -v "^{\"schema\":1," events'
if command -v python3 >/dev/null 2>&1; then
    check "--json: every line is JSON" python3 -c 'import json; [json.loads(line) for line in open("events")]'
fi
check "without -o it is said" grep -q '^rondo: note: no -o' err
train -q --max-steps 3 text.txt >out 2>err
check "-q: nothing on either stream" [ ! -s out -a ! -s err ]
"$program" train $small -q --max-steps 3 -o piped.safetensors - 2>err <text.txt
check "- is standard input" [ $? = 0 ]
"$program" train -q --resume piped.run --max-steps 4 2>err
check "whose run says that its data are gone" grep -q 'standard input' err
train -q --max-steps 2 --seed 0 text.txt >out 2>err
check "--seed 0 is taken from the system and printed" grep -qE '^seed [1-9][0-9]*$' err

# Progress on request, and one line on a terminal.
train --progress plain --max-steps 2 text.txt 2>err
check "--progress plain" grep -q '^step=1 ' err
train --progress off --max-steps 2 text.txt 2>err
check "--progress off" sh -c '! grep -q "^step=" err'
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    TERM=xterm script -qec "'$program' train $small --max-time 1.2s --epochs 0 --patience 0 text.txt" /dev/null </dev/null >terminal 2>&1
    check "a terminal gets one line that changes" grep -q "$(printf '\r\033\\[K')" terminal
    check "and no key=value lines" sh -c '! grep -q "^step=" terminal'
    check "at most 10 redraws a second, the first after half a second" [ "$(tr '\r' '\n' <terminal | grep -c 'loss [0-9]')" -le 12 ]
    check "the line is erased at the end" [ "$(tr '\r\n' '\n\n' <terminal | grep -B1 '^stopped' | grep -c 'loss')" = 0 ]
else
    echo "skip - a terminal cannot be made here (script, /dev/pts)"
fi

# A model of another model.
train -q --max-steps 3 --init-from forty.safetensors -o next.safetensors text.txt 2>err
check "--init-from goes on with parameters" [ $? = 0 ]
printf 'e = embedding(x, size=4)\nh = gru(e, size=8)\nout = dense(h, size=14)\nloss = softmax(out, y)\n' >net.txt
train -q --max-steps 2 --model-text net.txt text.txt >out 2>err
check "--model-text contradicts --hidden-size" [ $? = 2 ]
"$program" train -q --max-steps 2 --seq-len 16 --batch-size 4 --model-text net.txt -o text.safetensors text.txt 2>err
check "--model-text makes the network" [ $? = 0 ]

# What would be accepted in silence is told before anything is learned.
train -q --max-steps 2 --best-by accuracy -o never.safetensors text.txt >out 2>err
check "--best-by without such a metric: status 2, and the metrics there are" \
    [ $? = 2 -a "$(cat err)" = 'rondo: --best-by "accuracy": the evaluation gives loss, nll, perplexity, bits_per_char' ]
check "and no step was made" [ ! -s never.run/metrics.jsonl ]
train -q --max-steps 2 --best-by perplexity text.txt 2>err
check "--best-by a metric" [ $? = 0 ]
printf 'x,y\n1,2\n2,3\n3,4\n4,5\n' >few.csv
"$program" train -q --task regress --max-steps 1 --val-frac 0.5 --smooth 0.1 few.csv 2>err
check "--smooth with a loss that has none" [ $? = 2 -a "$(cat err)" = 'rondo: --smooth 0.1: the loss squared has no smoothing (softmax, binary)' ]
exit $bad
