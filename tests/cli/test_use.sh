#!/bin/sh
# rondo evaluate, generate, score, inspect, plot, gradcheck, data, bench: one in, one out, and the statuses.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
"$program" train -q --hidden-size 8 --embed-size 4 --seq-len 16 --batch-size 4 --max-steps 20 --threads 1 -o m.safetensors text.txt
"$program" train -q --lines --hidden-size 8 --embed-size 4 --batch-size 4 --max-steps 20 --threads 1 -o lines.safetensors text.txt
check "two models" [ -s m.safetensors -a -s lines.safetensors ]

"$program" generate -m m.safetensors --seed 7 --length 30 >one
"$program" generate -m m.safetensors --seed 7 --length 30 --threads 3 >two
check "generate: the same seed gives the same text" cmp one two
"$program" generate -m m.safetensors --seed 8 --length 30 >two
check "generate: another seed another" sh -c '! cmp -s one two'
check "generate: 30 symbols and a line end" [ "$(wc -c <one)" = 31 ]
"$program" generate -m m.safetensors -p abc --length 5 >one
check "generate: the prompt comes first" grep -q '^abc' one
printf abc >prompt.txt
"$program" generate -m m.safetensors --prompt-file prompt.txt --length 5 >two
check "generate: the prompt of a file" cmp one two
"$program" generate -m lines.safetensors -n 7 --length 200 --temperature 0 >one
check "generate: a sample a line" [ "$(wc -l <one)" = 7 ]
check "generate: temperature 0 is always the same" [ "$(sort -u one | wc -l)" = 1 ]
"$program" generate -m lines.safetensors -n 3 --json >one
check "generate --json: text, logprob, tokens" [ "$(grep -cE '^\{"schema":1,"text":".*","logprob":-?[0-9.e-]+,"tokens":[0-9]+\}$' one)" = 3 ]

# One record for each line, also empty ones, CRLF, a last line without end, and a very long one.
long=$(awk 'BEGIN { for (i = 0; i < 100000; i++) printf "abcdefgh i" }')
printf 'abc\n\nab\r\n%s\nlast' "$long" >five.txt
"$program" score -m lines.safetensors five.txt >scores 2>err
check "score: five lines in, five out" [ "$(wc -l <scores)" = 5 ]
check "score: the text as it stood" [ "$(cut -f4 scores | md5sum)" = "$(tr -d '\r' <five.txt | { cat; echo; } | md5sum)" ]
check "score: the empty line has the end symbol" [ "$(sed -n 2p scores | cut -f2-4)" = "$(printf '1\t0\t')" ]
check "score: the sums on standard error" grep -qE '^lines 5  tokens 1000014 \(end symbols counted\)' err
printf 'abc\n' | "$program" score -m lines.safetensors -q >e
printf 'abc\n' | "$program" score -m lines.safetensors -q --base 2 >b
check "score: base 2 is base e over log 2" sh -c 'paste e b | awk "{ d = \$1 / 0.6931471805599453 - \$5; exit !(d < 1e-3 && d > -1e-3) }"'
printf 'abc\n' | "$program" score -m lines.safetensors -q --per token >tokens
check "score: the tokens of a line add up" sh -c 'awk -v whole="$(cut -f1 e)" "NF { s += \$1 } END { d = s - whole; exit !(d < 1e-3 && d > -1e-3) }" tokens'
printf 'abc\nxyz\n' | "$program" score -m lines.safetensors -q --format kenlm >kenlm
check "score: kenlm's totals, unknown symbols counted" [ "$(sed 's/Total: -[0-9.]* //' kenlm | tr '\n' ' ')" = 'OOV: 0 OOV: 3 ' ]
printf 'abc\nabd\n' | "$program" score -m lines.safetensors -q --per total >total
check "score: one total" [ "$(cut -f2- total)" = "$(printf '8\t0')" ]
printf 'abc\n' | "$program" score -m lines.safetensors -q --json --per token >json
check "score --json --per token" grep -qE '^\{"schema":1,"text":"abc","logprob":-[0-9.]+,"tokens":4,"oov":0,"per_token":\[\["a",-[0-9.]+\],' json
status "score: no other format" 2 score -m m.safetensors --format md five.txt
printf 'ab\377\n' >bad.txt
"$program" score -m lines.safetensors bad.txt 2>err
check "score: a bad byte is status 3 with line and column" [ $? = 3 -a "$(sed -n 1p err)" = 'rondo: bad.txt:1:3: byte 0xff is not UTF-8' ]

"$program" evaluate -m m.safetensors text.txt >metrics
check "evaluate: name and value" grep -qE '^perplexity	[0-9.]+$' metrics
"$program" evaluate -m m.safetensors --json text.txt >json
check "evaluate --json" grep -qE '^\{"schema":1,"nll":[0-9.]+,.*"rows":6000\}$' json
status "evaluate: --fail-under that holds" 0 evaluate -m m.safetensors --metric perplexity --fail-under 1 text.txt
status "evaluate: --fail-under that fails" 1 evaluate -m m.safetensors --metric perplexity --fail-under 1000 text.txt
status "evaluate: --fail-over that fails" 1 evaluate -m m.safetensors --metric perplexity --fail-over 1 text.txt
says "evaluate: an unknown metric" 2 'rondo: --metric: expected one of nll, perplexity, bits_per_char, found "bleu"' evaluate -m m.safetensors --metric bleu text.txt
"$program" evaluate -m m.safetensors <text.txt >two
check "evaluate: standard input" cmp metrics two

"$program" inspect m.safetensors >summary
"$program" inspect m.safetensors --what memory >memory
check "inspect: the memory, part by part" [ "$(grep -cE '^(parameters|packed weights|gradients|optimizer|values|gradients of values|saved gates and workspace|losses|states) +[0-9.]+ KiB' memory)" -ge 9 ]
check "inspect: liveness needs less" awk '/^a place of its own each/ { apart = $7 } /^shared by liveness/ { shared = $4 } END { exit !(shared > 0 && shared < apart) }' memory
check "inspect: beside what a step takes" grep -qE '^measured +[0-9.]+ KiB' memory
check "inspect: a summary" grep -q 'lstm' summary
for what in equations weights; do status "inspect --what $what" 0 inspect m.safetensors --what $what; done
"$program" plot m.run >curve
check "plot: a curve" grep -q 'loss' curve
"$program" plot m.run --ascii --color never >curve
check "plot --ascii: letters only" sh -c '! LC_ALL=C grep -q "[^ -~]" curve'
"$program" plot m.run --svg m.svg 2>err
check "plot --svg" grep -q '</svg>' m.svg
status "plot --svg: an existing file is kept" 2 plot m.run --svg m.svg
status "plot --svg -f" 0 plot m.run --svg m.svg -f
status "plot: no such run" 5 plot none.run
status "gradcheck" 0 gradcheck m.safetensors --limit 3
"$program" gradcheck m.safetensors text.txt --limit 2 --json >json
check "gradcheck --json" grep -qE '"ok":true\}$' json

status "data check" 0 data check text.txt
"$program" data split text.txt --valid 0.25 --test 0.25 --reader lines -o part >out
check "data split: three parts" [ -s part.train -a -s part.valid -a -s part.test ]
check "data split: nothing is lost" [ "$(cat part.* | sort | md5sum)" = "$(awk 1 text.txt | sort | md5sum)" ]
awk 'BEGIN { for (i = 0; i < 200; i++) printf "sentence %d\tspeaker%d\n", i, i * i % 37 }' >said.tsv
if command -v gzip >/dev/null 2>&1; then gzip said.tsv; fi
"$program" data split --task seq2seq --by 2 --valid 0.2 --test 0.2 -o said said.tsv* >out
check "data split --by: no speaker stands in two parts" [ "$(for f in said.train said.valid said.test; do cut -f2 $f | sort -u; done | sort | uniq -d | wc -l)" = 0 ]
check "data split --by: all of the packed file" [ "$(cat said.train said.valid said.test | sort -u | wc -l)" = 200 ]
status "data split --by: no such column" 3 data split --task seq2seq --by 3 -o said3 said.tsv*
"$program" data synth adding -n 3 --length 5 >adding.csv
check "data synth: three groups of five rows" [ "$(wc -l <adding.csv)" = 16 ]
"$program" data synth reber -n 4 -o reber.txt
check "data synth -o" [ "$(wc -l <reber.txt)" = 4 ]
status "data synth: an existing file is kept" 2 data synth reber -n 4 -o reber.txt
status "data synth: an unknown name" 2 data synth nothing
says "data: an unknown action" 2 'rondo: rondo data: expected check, split or synth, found "merge"
hint: rondo data check, split or synth' data merge x

"$program" bench --cell rnn,gru --hidden-size 8,16 --batch-size 2 --seq-len 8 --max-time 0.01s --format json >bench.json 2>err
check "bench: a row for each pair" [ "$(grep -c '"train_tokens_per_s":' bench.json)" = 4 ]
status "bench --compare: a file that is none" 3 bench --compare text.txt
sed 's/"train_tokens_per_s":/&9999/' bench.json >fast.json
status "bench --compare: much slower is status 1" 1 bench --cell rnn --hidden-size 8 --batch-size 2 --seq-len 8 --max-time 0.01s --compare fast.json
exit $bad
