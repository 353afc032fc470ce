#!/bin/sh
# Rules 1, 5, 9: where things are written, when a stream fails, and colour.
program=$1 source=$2
. "$source/tests/cli/common.sh"

if [ -c /dev/full ]; then
    "$program" help >/dev/full 2>full.err
    check "a full standard output is status 5" [ $? = 5 ]
    check "and is said" grep -qx 'rondo: standard output: No space left on device' full.err
else
    echo "skip - /dev/full is missing"
fi
"$program" help >&- 2>closed.err
check "a closed standard output is status 5" [ $? = 5 ]
# The reader that goes away is no error: status 0, nothing said.
{ "$program" help --man train 2>pipe.err; echo $? >pipe.status; } | head -n 1 >/dev/null
check "a reader that goes away is status 0" [ "$(cat pipe.status)" = 0 ]
{ "$program" help --man 2>pipe.err; "$program" completion zsh 2>>pipe.err; echo $? >pipe.status; } | true
check "also one that was never there" [ "$(cat pipe.status)" = 0 -a ! -s pipe.err ]
"$program" train --bogus >bogus.out 2>bogus.err
check "errors leave standard output empty" [ ! -s bogus.out -a -s bogus.err ]

escape=$(printf '\033')
plain() { ! grep -q "$escape" "$1"; }
coloured() { grep -q "$escape" "$1"; }
TERM=xterm "$program" train --bogus 2>err
check "no colour into a file" plain err
TERM=xterm "$program" plot --color always none.run 2>err
check "--color always" coloured err
TERM=xterm "$program" plot --color never none.run 2>err
check "--color never" plain err
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    on_terminal() { script -qec "$1" /dev/null </dev/null >err 2>&1; }
    TERM=xterm on_terminal "'$program' plot none.run"
    check "colour on a terminal" coloured err
    NO_COLOR=1 TERM=xterm on_terminal "'$program' plot none.run"
    check "NO_COLOR" plain err
    TERM=dumb on_terminal "'$program' plot none.run"
    check "TERM=dumb" plain err
    check "colour never carries information alone" grep -q '^rondo: ' err
else
    echo "skip - a terminal cannot be made here (script, /dev/pts)"
fi
exit $bad
