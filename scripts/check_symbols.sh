#!/bin/sh
# The library exports exactly the names in src/rondo.symbols, which are the RONDO_API functions of rondo.h, and asks
# the system for nothing that exits, aborts, prints or changes the process.
#   usage: check_symbols.sh librondo.so
set -u
here=$(dirname "$0")/..
library=${1:?usage: check_symbols.sh librondo.so}
bad=0
folder=$(mktemp -d "${TMPDIR:-/tmp}/rondo-symbols.XXXXXX") || exit 2
trap 'rm -rf "$folder"' EXIT

LC_ALL=C
export LC_ALL
sort "$here/src/rondo.symbols" >"$folder/list"
sed 's://.*::' "$here/include/rondo/rondo.h" | tr '\n' ' ' | sed 's:RONDO_API :\
&:g' | sed -n 's/^RONDO_API [^(]*[ *]\(rondo_[a-z0-9_]*\)(.*/\1/p' | sort >"$folder/header"
nm -D --defined-only "$library" | awk '$2 ~ /^[A-Z]$/ {print $3}' | sed 's/@.*//' | sort >"$folder/library"
[ -s "$folder/library" ] || { echo "$library: no names found" >&2; exit 2; }

compare() { # compare WHAT FILE
    diff "$folder/list" "$2" >"$folder/diff" && return
    sed -n "s/^< \(.*\)/\1: in src\/rondo.symbols, not in $1/p; s/^> \(.*\)/\1: in $1, not in src\/rondo.symbols/p" \
        "$folder/diff"
    bad=1
}
compare rondo.h "$folder/header"
compare "the library" "$folder/library"

forbidden='exit|_exit|_Exit|quick_exit|atexit|abort|__assert_fail|raise|signal|sigaction|(__)?v?f?printf(_chk)?'
forbidden="$forbidden"'|puts|putchar|perror|stdout|stderr|setlocale|fesetround|fesetenv|feholdexcept|system|fork|setenv'
nm -D --undefined-only "$library" | awk '{print $NF}' | sed 's/@.*//' | grep -xE "$forbidden" >"$folder/used"
if [ -s "$folder/used" ]; then
    sed 's/$/: the library must not use it/' "$folder/used"
    bad=1
fi
exit $bad
