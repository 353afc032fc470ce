#!/bin/sh
# rondo quantize: narrow models are smaller, can be used everywhere but in training, and are nearly as good.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
"$program" train -q --cell gru --hidden-size 32 --embed-size 16 --max-steps 60 --threads 1 --seed 3 -o m.safetensors text.txt
"$program" train -q --cell mingru --hidden-size 8 --max-steps 2 --threads 1 -o scan.safetensors text.txt
size() { wc -c <"$1"; }
within() { awk -F '\t' -v limit="$1" '$1 == "nll" { d = $3 - $2; good = d < limit && d > -limit } END { exit !good }' table; }

for weights in bf16 int8; do
    check "$weights: is written" "$program" quantize -q -m m.safetensors --weights "$weights" -o "$weights.safetensors"
    check "$weights: without data nothing on standard output" [ ! -s check.out ]
    "$program" quantize -q -m m.safetensors --weights "$weights" -f -o "$weights.safetensors" text.txt >table
    check "$weights: the loss before and after" within 0.02
    check "$weights: names the columns" grep -q "^metric	f32	$weights\$" table
    "$program" evaluate -m "$weights.safetensors" --metric nll text.txt >after
    check "$weights: evaluate says the loss that quantize said" [ "$(cut -f2 after)" = "$(awk -F '\t' '$1 == "nll" { print $3 }' table)" ]
    status "$weights: generate" 0 generate -m "$weights.safetensors" --seed 7 --length 20
    status "$weights: score" 0 score -m "$weights.safetensors" text.txt
    status "$weights: inspect" 0 inspect "$weights.safetensors"
    "$program" generate -m "$weights.safetensors" --seed 7 --length 30 --threads 1 >one
    "$program" generate -m "$weights.safetensors" --seed 7 --length 30 --threads 3 >two
    check "$weights: the same text for any number of threads" cmp one two
    says "$weights: is not quantized again" 2 "rondo: \"$weights.safetensors\": its weights are $weights already
hint: begin with the model that it was made from" quantize -m "$weights.safetensors" -o again.safetensors
    status "$weights: is no beginning for training" 2 train -q --init-from "$weights.safetensors" --max-steps 1 -o x.safetensors text.txt
    check "$weights: and says why" grep -q "the weights of the model are $weights, which cannot be trained" status.err
    check "$weights: leaves no model" [ ! -e x.safetensors ]
done
check "int8 is smaller than bf16, bf16 than f32" [ "$(size int8.safetensors)" -lt "$(size bf16.safetensors)" -a "$(size bf16.safetensors)" -lt "$(size m.safetensors)" ]
"$program" quantize -m m.safetensors -q -f -o int8.safetensors --json text.txt >json
check "--json: one object" grep -qE '^\{"schema":1,"weights":"int8","f32_nll":[0-9.e-]+,"nll":[0-9.e-]+,.*\}$' json
awk 'BEGIN { print "v,w"; for (i = 0; i < 80; i++) printf "%d,%d\n", 5 + i % 7, i % 5 }' >series.csv
"$program" train -q --task forecast --target v --difference last --seq-len 9 --horizon 2 --hidden-size 12 --max-steps 60 --lr 0.01 -j 1 -o f.safetensors series.csv
check "a model with statistics of its numbers" sh -c "'$program' quantize -q -m f.safetensors -o f8.safetensors series.csv >table"
check "they are not rounded, and the errors hardly change" awk -F '\t' '$1 ~ /^(mae|rmse)$/ { n++; if (($3 / $2 - 1) ^ 2 > 0.01) exit 1 } /naive|last_value/ && $2 != $3 { exit 1 } END { exit n < 2 }' table
says "a layer that cannot be narrow is named" 2 'rondo: layer "h1" (mingru) cannot have int8 weights' quantize -m scan.safetensors -o x.safetensors
check "and nothing is written" [ ! -e x.safetensors ]
status "an output is needed" 2 quantize -m m.safetensors
status "a model is needed" 2 quantize -o x.safetensors
status "what is there stays" 2 quantize -m m.safetensors -o int8.safetensors
status "the input is not the output" 2 quantize -m m.safetensors -f -o m.safetensors
status "other kinds are no kinds" 2 quantize -m m.safetensors --weights int4 -o x.safetensors
status "a file that is no model" 4 quantize -m text.txt -o x.safetensors
exit "$bad"
