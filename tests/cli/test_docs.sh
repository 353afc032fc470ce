#!/bin/sh
# The pages in docs/ say what the program does: examples run, lists are complete, generated pages are current.
program=$1 source=$2
. "$source/tests/cli/common.sh"

text=$source/docs/model-text.md
# example TASK: the model text of this task in the page.
example() { awk -v begin="\`\`\`model $1" '$0 == begin { inside = 1; next } /^```/ { inside = 0 } inside' "$text"; }
# learns TASK DATA [options]: the example trains a few steps on data of that task.
learns() {
    task=$1 data=$2
    shift 2
    example "$task" >"$task.model"
    check "the example for --task $task trains" \
        "$program" train -q --task "$task" --model-text "$task.model" --max-steps 3 "$@" -o "$task.safetensors" "$data"
}
awk 'BEGIN { for (i = 0; i < 400; i++) printf "The %s sat on the %s.\n", i % 3 ? "cat" : "dog", i % 2 ? "mat" : "hat" }' >lm.txt
awk 'BEGIN { for (i = 0; i < 300; i++) printf "w%d\t%s\n%s", i % 7, substr("ABCD", 1 + i % 4, 1), i % 5 ? "" : "\n" }' >tag.conll
awk 'BEGIN { print "group,value,target"; for (i = 0; i < 400; i++) printf "%d,%d,%s\n", i / 4, i % 9, i % 4 == 3 ? i % 5 : "" }' >regress.csv
learns lm lm.txt
learns tag tag.conll
learns regress regress.csv --group group --target target

# every WHAT PAGE: each word of standard input stands in the page as `word`.
every() {
    tr ' ' '\n' >words
    missing=$(sort -u words | while read -r word; do grep -qF "\`$word\`" "$source/docs/$2" || echo "$word"; done)
    if [ -s words ] && [ -z "$missing" ]; then passed "docs/$2 has every $1"; else failed "docs/$2 has every $1: $missing"; fi
}
grep -o '&rd_layer_[a-z_]*' "$source/src/layers/layers.c" | sed 's/&rd_layer_//' | every "kind of layer" model-text.md
sed -n 's/.*{\.name = "\([a-z]*\)".*/\1/p' "$source/src/losses/losses.c" | every loss model-text.md
sed -n 's/.*{\.name = "\([a-z]*\)", \.task.*/\1/p' "$source/src/data/readers.c" | every reader formats.md
sed -n 's/^    ROW(\([a-z_]*\),.*/\1/p' "$source/src/formats/metrics_line.c" | every "field of the log" formats.md
sed -n '/^typedef enum rondo_status/,/^}/s/^    \(RONDO_[A-Z_]*\) = .*/\1/p' "$source/include/rondo/rondo.h" | every status exit-statuses.md

sh "$source/scripts/make_options_page.sh" "$program" >options.md
check "docs/options.md is what scripts/make_options_page.sh writes" cmp options.md "$source/docs/options.md"
exit $bad
