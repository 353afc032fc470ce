#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# The same bytes, however many threads, through program or library, now or later (reliability section 4).
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text text.txt
base='--embed-size 12 --batch-size 7 --epochs 2 --val-frac 0.1 --eval-every 9 -q'
# Networks that use every kind of product and mask, with widths that are no multiple of anything.
nets="lstm:--cell_lstm_--hidden-size_37_--num-layers_2_--dropout_0.2_--seq-len_29
gru:--cell_gru_--hidden-size_64_--zoneout-h_0.1_--lines_--tied
scan:--cell_minlstm,mingru_--hidden-size_45_--skip_residual_--seq-len_31
words:--cell_rnn_--hidden-size_33_--tokens_word_--optimizer_rmsprop_--layer-norm_--seq-len_11"
for net in $nets; do
    name=${net%%:*}
    options=$(echo "${net#*:}" | tr _ ' ')
    "$program" train $base $options --threads 1 -o $name.1.safetensors text.txt || failed "$name: training"
    for threads in 2 3 8; do
        "$program" train $base $options --threads $threads -o $name.$threads.safetensors text.txt
        check "$name: $threads threads give the bytes of one" cmp $name.1.safetensors $name.$threads.safetensors
    done
    "$program" score -m $name.1.safetensors --threads 1 -q --per token text.txt >one
    "$program" generate -m $name.1.safetensors --threads 1 --seed 3 -n 3 --length 80 >text.1
    "$program" evaluate -m $name.1.safetensors --threads 1 --json text.txt >evaluated.1
    for threads in 2 3 8; do
        "$program" score -m $name.1.safetensors --threads $threads -q --per token text.txt >many
        "$program" generate -m $name.1.safetensors --threads $threads --seed 3 -n 3 --length 80 >text.$threads
        "$program" evaluate -m $name.1.safetensors --threads $threads --json text.txt >evaluated.$threads
        check "$name: score, $threads threads" cmp one many
        check "$name: generate, $threads threads" cmp text.1 text.$threads
        check "$name: evaluate, $threads threads" cmp evaluated.1 evaluated.$threads
    done
    check "$name: there was something to compare" [ -s one -a -s text.1 -a -s evaluated.1 ]
done
options='--cell lstm --hidden-size 37 --num-layers 2 --dropout 0.2 --seq-len 29'
"$program" train $base $options -o again.safetensors text.txt
check "the same command again, on all cores" cmp lstm.1.safetensors again.safetensors
mkdir elsewhere && cp text.txt elsewhere/other.txt
(cd elsewhere && TZ=Asia/Tokyo "$program" train $base $options -o m.safetensors other.txt)
check "from another folder, with another name and clock" cmp lstm.1.safetensors elsewhere/m.safetensors
for locale in de_DE.UTF-8 tr_TR.UTF-8; do
    if locale -a 2>/dev/null | grep -qix "$(echo $locale | sed 's/UTF-8/utf8/')"; then
        LC_ALL=$locale "$program" train $base $options --lr 0.0025 -o $locale.safetensors text.txt
        LC_ALL=C "$program" train $base $options --lr 0.0025 -o c.$locale.safetensors text.txt
        check "in the locale $locale" cmp c.$locale.safetensors $locale.safetensors
    else
        echo "skip - in the locale $locale: it is not installed"
    fi
done
"$program" train $base $options --seed 2 -o seed.safetensors text.txt
check "another seed gives another model" sh -c '! cmp -s lstm.1.safetensors seed.safetensors'
"$program" generate -m lstm.1.safetensors --seed 4 --length 80 >other
check "and another text" sh -c '! cmp -s text.1 other'

# Nothing of the place, the clock or the command stands in the model.
check "the model file knows no path and no number of threads" sh -c "! grep -aqE 'text\\.txt|threads|/tmp' lstm.1.safetensors"

# The library and the program are one.
example=$(dirname "$program")/examples/char_lm
if [ -x "$example" ]; then
    "$example" text.txt 1000s >library.txt 2>/dev/null
    "$program" train --cell gru --hidden-size 128 --lr 0.004 --eval-every 200 -q -o program.safetensors text.txt
    check "the library gives the program's model" cmp char_lm.safetensors program.safetensors
    "$program" generate -m program.safetensors -p 'The ' --temperature 0.8 --length 400 --seed 1 >program.txt
    echo >>program.txt # the example ends its sample with a line end of its own
    check "and its text" cmp library.txt program.txt
else
    echo "skip - the library gives the program's model: examples/char_lm is not built"
fi

# Instruction sets: each gives its own bits, the losses agree to 1e-4 after 200 steps.
loss() { sed -n 's/.*"event":"eval".*"valid_loss":\([0-9.e+-]*\).*/\1/p' "$1" | tail -n 1; }
first=
for isa in generic avx2 avx512; do
    if ! RONDO_ISA=$isa "$program" train $base $options --epochs 0 --max-steps 200 --patience 0 --eval-every 200 --json \
        text.txt >$isa.json 2>err; then
        echo "skip - RONDO_ISA=$isa: $(sed -n 's/^rondo: //p' err)"
        continue
    fi
    first=${first:-$(loss $isa.json)}
    check "RONDO_ISA=$isa: loss $(loss $isa.json) agrees with $first" \
        awk -v a="$first" -v b="$(loss $isa.json)" 'BEGIN { d = (a - b) / a; exit !(a > 0 && d < 1e-4 && d > -1e-4) }'
done
RONDO_ISA=nonsense "$program" train $base text.txt >out 2>err
check "RONDO_ISA=nonsense is status 2" [ $? = 2 ]
check "and says what there is" grep -q '^rondo: RONDO_ISA asks for "nonsense".*generic' err
exit $bad
