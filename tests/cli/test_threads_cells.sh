#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# 200 steps of every cell with dropout, uneven lengths and a softmax head: 1, 2, 3 and 8 threads write the same file.
program=$1 source=$2
. "$source/tests/cli/common.sh"
make_text all.txt
# Lines of very different lengths, some of them empty.
awk '{ print substr($0, 1, (NR * 37) % 61) } NR > 400 { exit }' all.txt >text.txt
base='--lines --embed-size 12 --batch-size 19 --dropout 0.2 --max-steps 200 --epochs 0 --eval-every 0 --val-frac 0.1 -q'

# NAME OPTIONS...: the same bytes from any number of threads
same() {
    name=$1
    shift
    "$program" train $base "$@" --threads 1 -o $name.1.safetensors text.txt || failed "$name: training"
    for threads in 2 3 8; do
        "$program" train $base "$@" --threads $threads -o $name.$threads.safetensors text.txt
        check "$name: $threads threads give the bytes of one" cmp $name.1.safetensors $name.$threads.safetensors
    done
}

same tanh --cell rnn --hidden-size 33
same relu --cell rnn --nonlinearity relu --hidden-size 17
same simple --cell gru-simple --hidden-size 33
same after --cell gru --hidden-size 33 --dropout-recurrent 0.1
same before --cell gru --gru-reset before --hidden-size 33
same norm --cell lstm --layer-norm --hidden-size 20
same proj --cell lstm --proj-size 9 --hidden-size 33 --zoneout-h 0.1
for output in tanh linear; do
    for candidate in output cell; do
        same lstm-$output-$candidate --cell lstm --lstm-output $output --lstm-candidate $candidate --clip-cell 3 --hidden-size 25
        same lstm-$output-$candidate-peephole --cell lstm --lstm-output $output --lstm-candidate $candidate --clip-cell 3 \
            --hidden-size 25 --peephole --coupled
    done
done
same jordan --cell jordan --hidden-size 21
same mingru --cell mingru --hidden-size 33
same minlstm --cell minlstm --hidden-size 33
# few sequences, many units: threads share out units
same units --cell lstm,gru --hidden-size 200 --batch-size 3 --dropout 0 --max-steps 60
exit $bad
