#!/bin/sh
# Writes docs/options.md to standard output from what the program says of itself: its manual pages.
#   scripts/make_options_page.sh build/release/rondo >docs/options.md
set -eu
program=${1:?usage: make_options_page.sh PROGRAM}
commands=$("$program" help | awk '/^Topics/ { exit } /^  [a-z]/ { print $1 }')
for command in $commands; do
    echo ".COMMAND $command"
    "$program" help --man "$command"
done | awk '
    function plain(text) { gsub(/\\f[BR]/, "", text); gsub(/\\-/, "-", text); gsub(/\\&/, "", text); gsub(/\\e/, "\\", text); return text }
    function cell(text) { gsub(/\|/, "\\|", text); return text }
    /^\.COMMAND / { command = $2; next }
    /^\.SH / { group = substr($0, 5); gsub(/"/, "", group); next }
    /^\.TP/ { wanted = 1; next }
    wanted == 1 && /^\\fB/ {
        option = plain($0); wanted = option ~ /^-/ ? 2 : 0
        if (wanted == 0) next
        if (!(option in on)) {
            order[++options] = option; where[option] = group
            if (!(group in seen)) { seen[group] = 1; names[++groups] = group }
        }
        on[option] = on[option] " " command
        next
    }
    wanted == 2 { help[option] = plain($0); wanted = 0; next }
    { wanted = 0 }
    END {
        print "# Options\n"
        print "Made by `scripts/make_options_page.sh` from the table of options; do not edit. In brackets: the default. Each option can"
        print "also stand in a file for `--config` as `name = value`, and in the environment as `RONDO_NAME`."
        for (g = 1; g <= groups; g++) {
            name = substr(names[g], 1, 1) tolower(substr(names[g], 2))
            printf "\n## %s\n\n| option | what it does | commands |\n|---|---|---|\n", name
            for (i = 1; i <= options; i++)
                if (where[order[i]] == names[g])
                    printf "| `%s` | %s |%s |\n", cell(order[i]), cell(help[order[i]]), (split(on[order[i]], a, " ") > 12 ? " all" : on[order[i]])
        }
    }'
