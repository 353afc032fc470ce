#!/bin/sh
# Rules 5, 6, 11: what is refused, how it is said, and which source of options wins.
program=$1 source=$2
. "$source/tests/cli/common.sh"

says "a foreign spelling with its value" 2 'rondo: --rnn_size: it is --hidden-size (did you mean --hidden-size 256?)' train --rnn_size 256 x
says "a foreign spelling with =" 2 'rondo: --grad_clip: it is --clip-value (did you mean --clip-value 5?)' train --grad_clip=5 x
says "a long name with one dash" 2 'rondo: -model: it is --cell (did you mean --cell lstm?)' train -model lstm x
says "the nearest name" 2 'rondo: --hiden-size: unknown option
hint: did you mean --hidden-size 3?' train --hiden-size 3 x
says "an abbreviation is not taken" 2 'rondo: --hidden: unknown option
hint: did you mean --hidden-size 3?' train --hidden 3 x
says "an option of another command" 2 'rondo: --hidden-size: not an option of rondo generate
hint: it is an option of: train bench' generate --hidden-size 3
says "nothing near" 2 'rondo: --zzzzzz: unknown option' train --zzzzzz
says "control characters are shown, not sent" 2 'rondo: "--a\x1b[31mb": unknown option' train "$(printf -- '--a\033[31mb')"
says "no twin for what is no switch" 2 'rondo: --no-lr: only switches have a --no- twin' train --no-lr x
says "a value for a twin" 2 'rondo: --no-lines: takes no value' train --no-lines=on x
says "a decimal comma" 2 'rondo: --lr: expected a number of at least 0, found "1,5"
hint: numbers are written with a point, as 1.5' train --lr 1,5 x
says "out of range" 2 'rondo: --dropout: expected a number from 0 to below 1, found "1"' train --dropout 1 x
says "a near choice" 2 'rondo: --optimizer: expected sgd|momentum|rmsprop|adagrad|adam|adamw, found "adan"
hint: did you mean adam?' train --optimizer adan x
says "a missing value" 2 'rondo: --lr: expected a value after it' train --lr
says "an option instead of a value" 2 'rondo: --output: expected a value, found "--force"
hint: if it is meant, write --output=--force' train --output --force x
says "quiet and verbose" 2 'rondo: --quiet and --verbose contradict each other' train -q -v x
says "resume and init-from" 2 'rondo: --resume and --init-from contradict each other
hint: a resumed run has its parameters' train --resume a --init-from b
says "fail-under and fail-over" 2 'rondo: --fail-under and --fail-over contradict each other' evaluate -m x --fail-under 1 --fail-over 2
says "a misspelt command" 2 'rondo: "trian" is not a command
hint: did you mean rondo train?' trian
says "a command of another system" 2 'rondo: "sample" is not a command
hint: did you mean rondo generate?' sample
says "no data" 2 'rondo: rondo train: a data file is missing
hint: rondo train -o MODEL FILE; - reads standard input' train
says "no model" 2 'rondo: rondo generate: a model is missing
hint: -m MODEL names one' generate
says "too many files" 2 'rondo: rondo score: one argument too many: "b"
hint: rondo score -h shows how' score -m m a b
status "negative values are values" 0 train --forget-bias -1 --dump-config
status "-n5 is -n 5" 0 generate -n5 --dump-config
status "after -- everything is a file" 2 score -- --help x

# RONDO_NAME, then --config, then the command line; a preset below all of them.
with=RONDO_NONE=
value() { env "$with" "$program" train "$@" --dump-config 2>/dev/null </dev/null | sed -n "s/^$option = //p"; }
option=lr
cat >play.conf <<'END'
# comment
lr = 0.02        # twenty thousandths
temperature = 0.3
END
check "default" [ "$(value)" = 0.002 ]
check "environment above default" [ "$(with=RONDO_LR=0.01; value)" = 0.01 ]
check "file above environment" [ "$(with=RONDO_LR=0.01; value --config play.conf)" = 0.02 ]
check "option above file, whatever the order" [ "$(with=RONDO_LR=0.01; value --lr 0.03 --config play.conf)" = 0.03 ]
option=bias
check "preset above default" [ "$(value --preset pytorch)" = two ]
check "environment above preset" [ "$(with=RONDO_BIAS=one; value --preset pytorch)" = one ]
check "option above preset" [ "$(value --bias none --preset pytorch)" = none ]
option=lines
check "--no-lines takes back --lines" [ "$(value --lines --no-lines)" = off ]
check "the file's other commands' options are left out" [ "$(option=temperature; value --config play.conf)" = '' ]
RONDO_LR=x says "the environment is checked" 2 'rondo: environment: RONDO_LR: expected a number of at least 0, found "x"' train x
printf 'lr = 0.1\nhiden-size = 3\n' >bad.conf
says "the file is checked, with its line" 2 'rondo: bad.conf:2: unknown option "hiden-size"
hint: did you mean hidden-size?' train --config bad.conf x
says "a missing file of options" 5 'rondo: "none.conf": No such file or directory' train --config none.conf x

# What --dump-config prints is a file of options that gives the same again.
for command in train generate score bench data; do
    "$program" "$command" --seed 7 -v --dump-config >one.conf 2>/dev/null ||
        "$program" "$command" -v --dump-config >one.conf
    "$program" "$command" --config one.conf --dump-config >two.conf
    check "$command: --dump-config reads back equal" cmp one.conf two.conf
done
"$program" generate -p 'a "b" #c
d' --dump-config >one.conf
"$program" generate --config one.conf --dump-config >two.conf
check "a prompt of two lines reads back equal" cmp one.conf two.conf
exit $bad
