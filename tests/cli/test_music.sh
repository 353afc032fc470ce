#!/bin/sh
# Music from the shell: train on a piano roll, evaluate a part of it, generate MIDI and JSON, read both again.
program=$1 source=$2
. "$source/tests/cli/common.sh"
awk 'BEGIN { printf "{"; for (p = 0; p < 3; p++) {
    printf "%s\"%s\": [", p ? ", " : "", substr("trainvalidtest ", 1 + 5 * p, p < 2 ? 5 : 4)
    for (n = 0; n < 4; n++) { printf "%s[", n ? ", " : ""
        for (t = 0; t < 24; t++) printf "%s[%d, %d]", t ? ", " : "", 60 + (t + n) % 4, 72 + (t + n) % 3
        printf "]" }
    printf "]" }
    printf "}\n" }' >roll.json
check "train on a roll" "$program" train -q --task frames --hidden-size 16 --batch-size 2 --max-steps 60 --lr 0.02 --threads 1 \
    --steps-per-quarter 2 --valid roll.json:valid -o m.safetensors roll.json
"$program" evaluate -m m.safetensors roll.json:test >metrics 2>err
check "evaluate: nats a frame and accuracy of frames" sh -c 'grep -qE "^nll	[0-9.]+$" metrics && grep -qE "^frame_accuracy	[0-9.]+$" metrics'
"$program" generate -m m.safetensors --seed 3 --length 30 -n 2 >two.json
"$program" generate -m m.safetensors --seed 3 --length 30 -n 2 --threads 3 >same.json
check "generate: the same seed gives the same music" cmp two.json same.json
check "generate: a list of two pieces of 30 frames" sh -c 'test "$(tr -cd "[" <two.json | wc -c)" = 63'
"$program" evaluate -m m.safetensors two.json >json.metrics
check "the pieces are read again" grep -q nll json.metrics
check "generate: a MIDI file" "$program" generate -q -m m.safetensors --seed 3 --length 30 --temperature 0.5 -o song.mid
check "it begins as MIDI files do" [ "$(head -c 4 song.mid)" = MThd ]
"$program" generate -q -m m.safetensors --seed 3 --length 30 --temperature 0.5 -o song.json
"$program" evaluate -m m.safetensors song.mid >midi.metrics
"$program" evaluate -m m.safetensors song.json >json.metrics
check "MIDI and JSON hold the same frames" cmp midi.metrics json.metrics
mkdir songs more
for n in 1 2 3; do "$program" generate -q -m m.safetensors --seed $n --length 30 -o songs/$n.mid; done
"$program" generate -q -m m.safetensors --seed 4 --length 30 -o more/4.midi
echo "no music" >songs/LICENSE
check "folders of MIDI files are pieces" "$program" train -q --task frames --hidden-size 8 --batch-size 2 --max-steps 2 --threads 1 \
    --steps-per-quarter 2 --valid more -o folder.safetensors songs
"$program" train -q --task frames --hidden-size 8 --batch-size 2 --max-steps 2 --threads 1 --steps-per-quarter 2 --valid more/4.midi \
    -o files.safetensors songs/1.mid songs/2.mid songs/3.mid
"$program" evaluate -m folder.safetensors songs >folder.metrics
"$program" evaluate -m files.safetensors songs/1.mid songs/2.mid songs/3.mid >files.metrics
check "a folder is the files in it, in the order of their names" cmp folder.metrics files.metrics
"$program" train -q --resume folder.run --max-steps 4 2>err
check "a run of folders is resumed" [ $? = 0 ]
cp roll.json songs
says "a folder for two readers is refused" 2 'rondo: songs: files for --reader midi and for --reader roll ("roll.json") are in it; name the one that is meant' \
    data check -q --task frames songs
status "a reader settles it" 0 data check -q --task frames --reader midi songs
status "an existing song needs -f" 2 generate -m m.safetensors -o song.mid
status "-f replaces it" 0 generate -q -m m.safetensors -f --no-hold --bpm 90 --instrument 19 -o song.mid
status "MIDI needs a name" 2 generate -m m.safetensors --format midi
status "MIDI holds one piece" 2 generate -m m.safetensors -n 2 -o two.mid
status "a prompt is refused" 2 generate -m m.safetensors -p la -o three.mid
status "both directions are refused" 2 train -q --task frames --bidirectional roll.json
status "an unknown part is refused" 2 evaluate -m m.safetensors roll.json:rest
printf '{"train": [[[60], [61, 300]]]}' >bad.json
says "a pitch out of range has its place" 3 'rondo: bad.json:1:24: expected a pitch, a whole number from -1 to 127, found "300]]]}"' \
    data check -q --task frames bad.json
head -c 40 song.mid >cut.mid
status "a cut MIDI file is bad data" 3 evaluate -m m.safetensors cut.mid
exit $bad
