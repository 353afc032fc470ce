#!/bin/sh
# Makes the results of docs/results.md:  scripts/results.sh PROGRAM DATA [PART...]
# DATA holds the public data sets by folder (lm-tinyshakespeare, lm-wiki-prefix, names); what is made goes to ./results.
# Parts: shakespeare words cells adding copy reber names (all of them without a choice).
set -eu
program=${1:?usage: results.sh PROGRAM DATA [PART...]}
data=${2:?usage: results.sh PROGRAM DATA [PART...]}
shift 2
[ $# -gt 0 ] || set -- shakespeare words cells adding copy reber names
mkdir -p results
cd results

# train NAME options…: quiet but for its log; an old run of that name is replaced.
train() {
    run=$1
    shift
    "$program" train -f -o "$run.safetensors" "$@" >"$run.log" 2>&1 || { tail -n 3 "$run.log"; return 1; }
}
metric() { "$program" evaluate -m "$1.safetensors" "$2" 2>/dev/null | awk -v m="$3" '$1 == m {print $2}'; }

part_shakespeare() {
    head -c 1003854 "$data/lm-tinyshakespeare/input.txt" >ts.train
    tail -c +1003855 "$data/lm-tinyshakespeare/input.txt" >ts.test
    train shakespeare --task lm --cell lstm --hidden-size 512 --dropout-output 0.3 --batch-size 32 --seq-len 128 --lr 0.002 \
        --lr-schedule cosine --warmup 100 --epochs 0 --max-steps 3400 --eval-every 400 --patience 0 --valid ts.test ts.train
    echo "tiny Shakespeare, last 10 %: $(metric shakespeare ts.test nll) nats per character"
    "$program" generate -m shakespeare.safetensors -p "ROMEO:" --length 400 --temperature 0.7 --seed 7
}

part_words() {
    head -c 2700000 "$data/lm-wiki-prefix/text8.first3000000.txt" >words.train
    tail -c +2700001 "$data/lm-wiki-prefix/text8.first3000000.txt" | head -c 150000 >words.valid
    tail -c +2850001 "$data/lm-wiki-prefix/text8.first3000000.txt" >words.test
    train words --task lm --tokens word --max-vocab 10000 --cell lstm --hidden-size 200 --embed-size 200 --tied \
        --dropout-input 0.3 --dropout-output 0.3 --batch-size 20 --seq-len 35 --lr 0.003 --lr-schedule cosine --epochs 4 \
        --valid words.valid words.train
    echo "text8, words: perplexity $(metric words words.test perplexity)"
}

part_cells() {
    # About 200,000 parameters each, one epoch budget of steps, the same data and seeds.
    while read -r name options; do
        # shellcheck disable=SC2086 # options are several words
        train "cell-$name" --task lm --lr 0.003 $options --batch-size 32 --seq-len 64 --epochs 0 --max-steps 800 --eval-every 400 \
            --patience 0 --lr-schedule cosine --valid ts.test ts.train
        parameters=$("$program" inspect "cell-$name.safetensors" | awk '/ parameters,/ {print $1}')
        echo "$name | $parameters | $(metric "cell-$name" ts.test nll)"
    done <<'CELLS'
rnn --cell rnn --hidden-size 374
irnn --cell rnn --nonlinearity relu --init-recurrent identity --hidden-size 374 --lr 0.0003 --clip 1
gru-simple --cell gru-simple --hidden-size 257
gru-before --cell gru --gru-reset before --hidden-size 207
gru-after --cell gru --hidden-size 205
lstm-a --cell lstm --lstm-output linear --hidden-size 178 --clip-cell 3
lstm-b --cell lstm --lstm-output linear --lstm-candidate cell --hidden-size 178 --clip-cell 3
lstm-c --cell lstm --hidden-size 177
mingru --cell mingru --hidden-size 950
minlstm --cell minlstm --hidden-size 740
CELLS
}

part_adding() {
    "$program" data synth adding -n 20000 --length 200 --seed 1 -f -o adding.csv
    "$program" data synth adding -n 1000 --length 200 --seed 2 -f -o adding.test.csv
    while read -r name options; do
        # shellcheck disable=SC2086
        train "adding-$name" --task regress --group group $options --hidden-size 64 --batch-size 50 --epochs 0 --patience 0 \
            --eval-every 500 --clip 1 --valid adding.test.csv adding.csv
        echo "$name | $(metric "adding-$name" adding.test.csv mse)"
    done <<'CELLS'
gru --cell gru --lr 0.003 --max-steps 3000
lstm --cell lstm --lr 0.003 --max-steps 5000
irnn --cell rnn --nonlinearity relu --init-recurrent identity --lr 0.0001 --max-steps 5000
rnn --cell rnn --lr 0.001 --max-steps 3000
CELLS
}

part_copy() {
    "$program" data synth copy -n 20000 --length 20 --seed 1 -f -o copy.conll
    "$program" data synth copy -n 500 --length 20 --seed 2 -f -o copy.test.conll
    train copy --task tag --cell lstm --hidden-size 128 --lr 0.002 --batch-size 50 --epochs 36 --patience 0 \
        --valid copy.test.conll copy.conll
    echo "copy: accuracy $(metric copy copy.test.conll accuracy)"
}

part_reber() {
    "$program" data synth reber -n 5000 --seed 1 -f -o reber.txt
    "$program" data synth reber -n 500 --seed 2 -f -o reber.test.txt
    train reber --task lm --lines --cell lstm --hidden-size 64 --embed-size 16 --lr 0.005 --lr-schedule cosine --epochs 20 \
        --patience 0 --valid reber.test.txt reber.txt
    walk='T*V(PXT*V)*(PS|V)'
    inner="B(TS*X(S|X$walk)|P$walk)E"
    right=$("$program" generate -m reber.safetensors -n 1000 --length 200 --temperature 1 --seed 3 |
        grep -cE "^B(T${inner}T|P${inner}P)E\$")
    echo "reber: $(metric reber reber.test.txt nll) nats per symbol; $right of 1000 sampled strings obey the grammar"
}

part_names() {
    for set in dinos names; do
        train "$set" --task lm --lines --lowercase --cell gru --hidden-size 128 --dropout-output 0.2 --lr 0.003 --epochs 40 "$data/names/$set.txt"
        "$program" generate -m "$set.safetensors" -n 1000 --length 40 --temperature 0.8 --seed 1 | tr '[:upper:]' '[:lower:]' | sort -u >"$set.made"
        tr '[:upper:]' '[:lower:]' <"$data/names/$set.txt" | tr -d '\r' | sort -u >"$set.known"
        echo "$set: $(wc -l <"$set.made") distinct names of 1000, $(comm -12 "$set.made" "$set.known" | wc -l) stand in the training list"
        head -n 200 "$set.made" | shuf -n 8 --random-source="$set.made" | tr '\n' ' '
        echo
    done
}

for part; do
    "part_$part"
done
