#!/bin/sh
# Sound from the shell: a list of WAV files is learned, evaluated, and single files are answered; the model keeps features
# and rate. Sounds are made here: tones of 400 and 1200 Hz, 8 bits, 8000 a second.
program=$1 source=$2
. "$source/tests/cli/common.sh"
"$program" --version | grep -q audio || { echo "skip - sound: this build has no libsndfile and kissfft"; exit 77; }
# tone FILE HERTZ SEED RATE: 1600 samples
tone() {
    # shellcheck disable=SC2059 # the text is made of octal escapes
    printf "$(awk -v hertz="$2" -v seed="$3" -v rate="$4" 'function byte(n) { printf "\\%03o", n % 256 }
        function four(n) { byte(n); byte(int(n / 256)); byte(int(n / 65536)); byte(0) }
        BEGIN { printf "RIFF"; four(1636); printf "WAVEfmt "; four(16); byte(1); byte(0); byte(1); byte(0); four(rate); four(rate)
                byte(1); byte(0); byte(8); byte(0); printf "data"; four(1600)
                for (i = 0; i < 1600; i++) byte(int(128 + (60 + seed) * sin(6.2831853 * hertz * (i + seed) / rate))) }')" >"$1"
}
for n in 1 2 3 4 5 6; do
    tone low$n.wav $((400 + n)) $n 8000
    tone high$n.wav $((1200 + n)) $n 8000
done
for n in 1 2 3 4; do printf 'low%d.wav\tlow\nhigh%d.wav\thigh\n' $n $n; done >train.list
for n in 5 6; do printf 'low%d.wav\tlow\nhigh%d.wav\thigh\n' $n $n; done >test.list
check "train on a list" "$program" train -q --task classify --features mfcc:13 --hidden-size 8 --batch-size 4 --max-steps 60 --lr 0.02 \
    --val-frac 0.25 --threads 1 -o m.safetensors train.list
"$program" evaluate -q -m m.safetensors test.list >metrics
check "evaluate: two tones are told apart" grep -qx 'accuracy	1' metrics
"$program" classify -q -m m.safetensors low6.wav high6.wav >answers
check "classify: sound files themselves" [ "$(cut -f1 answers)" = "$(printf 'low\nhigh')" ]
if command -v gzip >/dev/null && "$program" --version | grep -q zlib; then
    gzip -c low6.wav >low6.wav.gz
    gzip -c high6.wav >high6.wav.gz
    printf 'low6.wav.gz\nhigh6.wav\n' >packed.list
    "$program" classify -q -m m.safetensors low6.wav.gz high6.wav.gz | check "sound files packed with gzip" cmp - answers
    "$program" classify -q -m m.safetensors packed.list | check "and in lists" cmp - answers
fi
for n in 1 2; do cp low$n.wav low_$n.wav; cp high$n.wav high_$n.wav; done
mkdir named
for n in 1 2 3 4; do cp low$n.wav named/low_anna_$n.wav; cp high$n.wav named/high_bert_$n.wav; done
"$program" train -q --task classify --features mfcc:13 --hidden-size 8 --batch-size 4 --max-steps 60 --lr 0.02 --val-frac 0.25 --threads 1 \
    --label-pattern '{label}_{speaker}_{n}.wav' -o named.safetensors named
"$program" evaluate -q -m named.safetensors named >metrics
check "--label-pattern: labels from the names in a folder" grep -qx 'accuracy	1' metrics
"$program" classify -q -m named.safetensors low6.wav high6.wav >answers
check "classify: such names are not asked of others" [ "$(cut -f1 answers)" = "$(printf 'low\nhigh')" ]
ls named >names.list
"$program" data split -q --task classify --sound-dir nowhere --label-pattern '{label}_{speaker}_{n}.wav' --by speaker --valid 0 --test 0.5 -o by names.list >out
check "data split --by a field of the names" [ "$(cut -d_ -f2 by.train | sort -u)" != "$(cut -d_ -f2 by.test | sort -u)" -a "$(cut -d_ -f2 by.train by.test | sort | uniq -c | wc -l)" = 2 ]
says "data split: sound files have no lines" 2 'rondo: data split: "low_1.wav" has no lines that could be split
hint: write the names into a list, a line each' \
    data split -q --task classify --label-pattern '{label}_{n}.wav' --by n --valid 0 --test 0.5 -o files low_1.wav high_1.wav low_2.wav
check "and nothing is left of it" [ ! -e files.train ]
status "--label-pattern without a label" 2 data check --task classify --label-pattern '{speaker}.wav' named
says "--label-pattern: a name that does not fit" 3 'rondo: low1.wav: the name does not fit --label-pattern "{label}_{speaker}_{n}.wav"' \
    data check -q --task classify --label-pattern '{label}_{speaker}_{n}.wav' low1.wav
tone fast.wav 400 1 16000
status "a file of another rate than the model's is bad data" 3 classify -m m.safetensors fast.wav
check "it says which rate is expected" grep -q '16000 samples a second, 8000 are expected' status.err
head -c 100 low1.wav >cut.wav
says "a cut file has its byte" 3 'rondo: cut.wav: byte 4: the file says that 1636 bytes follow, there are 92' classify -q -m m.safetensors cut.wav
status "sound without labels cannot be learned" 2 train -q --task classify low1.wav
"$program" train -q --task classify --features mfcc:13 --hidden-size 8 --batch-size 4 --max-steps 60 --lr 0.02 --val-frac 0.25 \
    --threads 2 -o second.safetensors train.list
check "the same bytes from two threads" cmp m.safetensors second.safetensors
exit $bad
