#!/bin/sh
# Labels for rows and groups of rows of a CSV file: from a spreadsheet to answers.
program=$1 source=$2
. "$source/tests/cli/common.sh"

awk 'BEGIN { print "id,width,height,note,kind"
             for (i = 0; i < 60; i++) printf "%d,%g,%g,\"n, %d\",%s\n", i, i % 2 + i / 300, 1 - i % 2 - i / 500, i, i % 2 ? "wide" : "tall" }' >rows.csv
"$program" train -q --task classify --inputs width,height --hidden-size 4 --epochs 30 --lr 0.02 -j 1 -o rows.safetensors rows.csv
check "rows: learned" "$program" evaluate -q -m rows.safetensors --metric accuracy --fail-under 0.95 rows.csv
printf 'height,id,width\n0,1,1\n1,2,0\n' >others.csv
"$program" classify -q -m rows.safetensors others.csv >answers
check "rows: columns are found by their names" [ "$(cut -f1 answers | tr '\n' ,)" = 'wide,tall,' ]
"$program" classify -q -m rows.safetensors - <others.csv >piped
check "rows: a pipe is read as the file was" cmp piped answers
says "rows: a column that is not there" 3 'rondo: less.csv:1: there is no column "width"
hint: the nearest of 1 columns is "height"' \
    classify -q -m rows.safetensors "$(printf 'height\n1\n' >less.csv; echo less.csv)"

awk 'BEGIN { print "who;x;act"
             for (i = 0; i < 40; i++) for (t = 0; t < 3 + i % 3; t++) printf "p%d;%g;%s\n", i, i % 2 ? t : -t, t ? "" : i % 2 ? "up" : "down" }' >groups.csv
"$program" train -q --task classify --group who --inputs x --deltas --hidden-size 4 --epochs 30 --lr 0.02 -j 1 -o groups.safetensors groups.csv
check "groups: learned" "$program" evaluate -q -m groups.safetensors --metric accuracy --fail-under 0.95 groups.csv
check "groups: an answer a group" sh -c '[ "$("$0" classify -q -m groups.safetensors groups.csv | wc -l)" = 40 ]' "$program"
"$program" data split --task classify --group who --test 0.25 -o part groups.csv >out 2>err
check "groups: a split keeps header and groups" sh -c 'head -qn 1 part.* | uniq | grep -qx "who;x;act" && [ "$(tail -qn +2 part.* | wc -l)" = "$(tail -n +2 groups.csv | wc -l)" ]'
exit "$bad"
