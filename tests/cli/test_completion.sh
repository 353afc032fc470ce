#!/bin/sh
# The completion scripts parse and offer what the parser takes.
program=$1 source=$2
. "$source/tests/cli/common.sh"

for shell in bash zsh fish; do
    "$program" completion $shell >rondo.$shell
    check "$shell: written" [ $? = 0 -a -s rondo.$shell ]
    if command -v $shell >/dev/null 2>&1; then check "$shell: parses" $shell -n rondo.$shell; else echo "skip - $shell is not installed"; fi
done
status "another shell is refused" 2 completion tcsh
if command -v bash >/dev/null 2>&1; then
    # offered WORD…: what is offered for the last word.
    offered() {
        bash -c '. ./rondo.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rondo; printf "%s\n" "${COMPREPLY[@]}"' - rondo "$@" | sort
    }
    check "bash: commands" [ "$(offered trai)" = train ]
    check "bash: options" [ "$(offered train --hidden)" = --hidden-size ]
    check "bash: twins" [ "$(offered train --no-li)" = --no-lines ]
    check "bash: not those of other commands" [ -z "$(offered generate --hidden)" ]
    check "bash: choices" [ "$(offered train --optimizer adag)" = adagrad ]
    check "bash: words after data" [ "$(offered data sy)" = synth ]
    : >input.txt
    check "bash: files" [ "$(offered train inp)" = input.txt ]
    for command in $commands; do
        "$program" "$command" --help | sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' | sort -u >help.options
        offered "$command" -- | grep -v '^--no-' | sort -u >bash.options
        check "bash: $command offers the options of its help" cmp help.options bash.options
    done
fi
exit $bad
