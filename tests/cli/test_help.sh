#!/bin/sh
# Rule 7: help, manual page and parser come from one table and agree.
program=$1 source=$2
. "$source/tests/cli/common.sh"

"$program" >alone.out 2>alone.err
check "alone: status 2" [ $? = 2 ]
check "alone: twelve lines on standard error" [ "$(wc -l <alone.err)" = 12 ]
check "alone: nothing on standard output" [ ! -s alone.out ]
"$program" help >help.out 2>help.err
check "help: status 0" [ $? = 0 ]
check "help: nothing on standard error" [ ! -s help.err ]
"$program" -h >dash.out 2>&1
check "-h alone: the overview on standard output" cmp dash.out alone.err

# The long options that a text names at the front of a line.
options_in() { sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' "$1" | sort -u; }

for command in $commands; do
    "$program" "$command" -h >short 2>short.err
    check "$command -h: status 0, standard output" [ $? = 0 -a -s short -a ! -s short.err ]
    check "$command -h: at most 40 lines" [ "$(wc -l <short)" -le 40 ]
    check "$command -h: three examples" [ "$(sed -n '/^examples:/,$p' short | grep -c '^  ')" = 3 ]
    "$program" "$command" --help >full 2>full.err
    check "$command --help: status 0, standard output" [ $? = 0 -a -s full -a ! -s full.err ]
    check "$command: lines of at most 100 columns" awk 'length > 100 { print; bad = 1 } END { exit bad }' full
    "$program" help "$command" >again
    check "help $command is $command --help" cmp full again
    options_in full >full.options
    options_in short | while read -r option; do grep -qx -e "$option" full.options || echo "$option"; done >missing
    check "$command -h names only options of --help" [ ! -s missing ]
    "$program" help --man "$command" >man.roff 2>man.err
    check "$command: manual page" [ $? = 0 -a -s man.roff ]
    sed -n 's/^\\fB\(.*\)\\fR$/\1/p' man.roff | sed 's/\\-/-/g; s/^/  /' >man.headings
    options_in man.headings >man.options
    check "$command: manual page names the same options" cmp full.options man.options
    # The parser takes exactly these: an option that it does not know is "unknown" or "not an option of".
    : >parser.options
    while read -r option; do
        "$program" "$command" "$option" >/dev/null 2>err </dev/null --dump-config
        grep -qE 'unknown option|not an option' err || echo "$option" >>parser.options
    done <full.options
    check "$command: the parser knows the same options" cmp full.options parser.options
done

"$program" help exit-codes >topic
check "help exit-codes names status 7" grep -q '^ *7 ' topic
for topic in exit-codes formats equations tasks clipping determinism; do
    status "help $topic" 0 help $topic
done
says "help on nothing known" 2 'rondo: "nothing" is neither a command nor a topic
hint: rondo help lists commands and topics' help nothing
"$program" --version >version
check "--version names the three promises" grep -q 'command line 1, C interface 1, model file 2' version
"$program" train --version >version.train
check "train --version says the same" cmp version version.train
if command -v man >/dev/null 2>&1; then
    "$program" help --man train >train.1
    check "man formats the page without warnings" sh -c 'man --warnings -l train.1 2>&1 >/dev/null | { ! grep -q .; }'
else
    echo "skip - man is not installed"
fi
exit $bad
