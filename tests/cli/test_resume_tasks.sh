#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# Every task: a run that ends at step 7 of 14, in the middle of an epoch, and goes on gives the bytes of one that was never
# stopped. Where dropout, shuffling, noise or sampling of windows is part of the task it is on.
program=$1 source=$2
. "$source/tests/cli/common.sh"
small='-q --hidden-size 6 --embed-size 4 --batch-size 4 --eval-every 3 --val-frac 0.2 --patience 0 --epochs 0 -j 1 --checkpoint-every 0.000001s --dropout 0.2'

awk 'function r(k) { s = (s * 1103515245 + 12345) % 2147483648; return int(s / 65536) % k }
    BEGIN { s = 3; for (i = 0; i < 50; i++) { x = y = ""; m = 3 + r(6)
        for (k = 0; k < m; k++) { c = substr("abcde", 1 + r(5), 1); x = x c c; y = y c; printf "%s%s %s\n", c, substr("xyz", 1 + r(3), 1), r(2) ? "A" : "B" >"tags" }
        print "" >"tags"; print (r(2) ? "one" : "two") "\t" x >"classes"; print x "\t" y >"held"
        gsub(/./, "& ", x); gsub(/./, "& ", y); print x >"left"; print y >"right" } }'
awk 'BEGIN { print "v"; for (i = 0; i < 120; i++) print i % 7 + i % 3 / 2 }' >series.csv
awk 'BEGIN { printf "{\"train\": ["; for (n = 0; n < 12; n++) { printf "%s[", n ? ", " : ""
        for (t = 0; t < 9 + n % 4; t++) printf "%s[%d, %d]", t ? ", " : "", 60 + (t + n) % 4, 72 + t % 3; printf "]" } printf "]}\n" }' >roll.json

# 1,600 samples of a tone, 8 bits, 8,000 a second.
tone() { # FILE HERTZ
    # shellcheck disable=SC2059 # the text is made of octal escapes
    printf "$(awk -v hertz="$2" 'function byte(n) { printf "\\%03o", n % 256 }
        function four(n) { byte(n); byte(int(n / 256)); byte(int(n / 65536)); byte(0) }
        BEGIN { printf "RIFF"; four(1636); printf "WAVEfmt "; four(16); byte(1); byte(0); byte(1); byte(0); four(8000); four(8000)
                byte(1); byte(0); byte(8); byte(0); printf "data"; four(1600)
                for (i = 0; i < 1600; i++) byte(int(128 + 60 * sin(6.2831853 * hertz * i / 8000))) }')" >"$1"
}

# exact NAME OPTIONS… FILES…
exact() {
    name=$1
    shift
    rm -rf whole.* half.*
    "$program" train $small --max-steps 14 "$@" -o whole.safetensors 2>err || { failed "$name: trains" && cat err; return; }
    "$program" train $small --max-steps 7 "$@" -o half.safetensors 2>err || { failed "$name: trains to step 7" && cat err; return; }
    rm half.safetensors half.run/finished
    sed -i 's/^max-steps = 7$/max-steps = 14/' half.run/options
    "$program" train -q --resume half.run 2>err || { failed "$name: goes on" && cat err; return; }
    check "$name: the same bytes" cmp whole.safetensors half.safetensors
}
exact classify --task classify classes
exact 'classify, pooled, both directions' --task classify --bidirectional --pool mean --input-noise 0.1 classes
exact tag --task tag --reader conll tags
exact 'tag, crf' --task tag --reader conll --loss crf tags
exact 'tag, characters' --task tag --reader conll --chars 5 --char-embed-size 3 tags
exact transcribe --task transcribe held
exact seq2seq --task seq2seq --tokens word left right
exact 'seq2seq, pieces, attention' --task seq2seq --tokens bpe:20 --attention general --input-feed --smooth 0.1 left right
exact forecast --task forecast --target v --seq-len 8 --horizon 3 --difference last series.csv
exact 'forecast, quantiles' --task forecast --target v --seq-len 8 --horizon 3 --loss quantile --quantiles 0.1,0.5,0.9 series.csv
exact frames --task frames roll.json
exact conditional --task conditional classes
exact 'conditional, state' --task conditional --condition-place state classes
if "$program" --version | grep -q audio; then
    for n in 1 2 3 4 5 6; do
        tone low$n.wav $((400 + n)) && tone high$n.wav $((1200 + n))
        printf 'low%d.wav\tlow\nhigh%d.wav\thigh\n' $n $n
    done >sounds.list
    exact 'classify, sound' --task classify --features mfcc:13 --input-noise 0.1 sounds.list
    exact 'transcribe, sound' --task transcribe --features logmel:20 sounds.list
else
    echo "skip - sound: this build has no libsndfile and kissfft"
fi
exit "$bad"
