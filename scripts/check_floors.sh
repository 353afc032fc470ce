#!/bin/sh
# Prints every #include that climbs from a floor to one it may not see (src/floors.txt); says nothing when all is well.
cd "$(dirname "$0")/.." || exit 2
grep -rnE '^ *# *include *"' --include='*.[ch]' --include='*.def' src |
awk -F: '
    NR == FNR { split($0, part, ":"); if ($0 !~ /^#/ && NF > 1) allowed[part[1]] = " " part[2] " "; next }
    { split($1, dir, "/"); from = dir[2]; to = $0; sub(/.*# *include *"/, "", to); sub(/".*/, "", to)
      if (to ~ /\.\./) { print; bad = 1 }
      if (to !~ /\// || !sub(/\/.*/, "", to) || to == from || to == "rondo") next
      if (allowed[from] !~ " " to " ") { print; bad = 1 } }
    END { exit bad }' src/floors.txt -
