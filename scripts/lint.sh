#!/bin/sh
# Every check that needs no test run, one verdict a line; what is wrong stands above its verdict.
#   scripts/lint.sh              the whole tree
#   scripts/lint.sh --changed    only C files that differ from the last commit
#   scripts/lint.sh FILE…        only these C files
# A tool that is not there is told as skipped. BUILD names the build folder whose library is looked at.
set -u
cd "$(dirname "$0")/.." || exit 2
build=${BUILD:-build/release}
bad=0
folder=$(mktemp -d "${TMPDIR:-/tmp}/rondo-lint.XXXXXX") || exit 2
trap 'rm -rf "$folder"' EXIT

have() { command -v "$1" >/dev/null 2>&1; }
verdict() { # verdict NAME STATUS
    if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1"; bad=1; fi
}
skip() { echo "skip - $1: there is no $2 here"; }

everything=yes
case ${1:-} in
'') git ls-files '*.c' >"$folder/files" ;;
--changed) everything=no; { git diff --name-only HEAD; git ls-files -o --exclude-standard; } | grep '\.c$' >"$folder/files" ;;
*) everything=no; printf '%s\n' "$@" | grep '\.c$' >"$folder/files" ;;
esac
while read -r file; do [ ! -f "$file" ] || echo "$file"; done <"$folder/files" >"$folder/there"

defines="-D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DRONDO_WITH_JSON=1 -DRONDO_WITH_ZLIB=1 -DRONDO_WITH_UNICODE=1 -DRONDO_WITH_ZIP=1 -DRONDO_WITH_AUDIO=1"
flags="-std=gnu11 $defines -Iinclude -Isrc -Itests -Ifuzz"
flags_of() { # what one file needs beyond the common flags
    case $1 in
    *cpu_avx2.c) echo "-mavx2 -mfma" ;;
    *cpu_avx512.c) echo "-mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma" ;;
    tests/gradient/* | *_real64.c) echo "-DRONDO_REAL64 -DRD_REAL64 -DRD_SOURCE_DIR=\"\"" ;;
    tests/*) echo "-DRD_SOURCE_DIR=\"\"" ;;
    src/base/status.c) ;;
    src/*) echo "-include scripts/analyzer.h" ;;
    esac
}

check_headers() {
    git ls-files 'include/*.h' 'src/*.h' 'cli/*.h' | while read -r header; do
        # shellcheck disable=SC2086 # the words are meant to split
        cc $flags -Wall -Wextra -fsyntax-only -x c "$header" 2>&1 | grep -v 'pragma once in main file' | head -n 5
    done >"$folder/headers"
    [ ! -s "$folder/headers" ] || { cat "$folder/headers"; return 1; }
}

check_public_header() {
    echo '#include <rondo/rondo.h>' >"$folder/alone.c"
    cp "$folder/alone.c" "$folder/alone.cc"
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$folder/alone.c" || return 1
    ! have c++ || c++ -std=c++14 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$folder/alone.cc"
}

check_tidy() {
    # not WebAssembly's instructions, nor what needs a CBLAS
    grep -v -e cpu_simd128.c -e cblas/ <"$folder/there" >"$folder/tidied"
    while read -r file; do
        # shellcheck disable=SC2046,SC2086 # the words are meant to split
        "$tidy" --quiet "$file" -- $flags $(flags_of "$file") 2>/dev/null
    done <"$folder/tidied" | sed "s:^$PWD/::" >"$folder/tidy"
    [ ! -s "$folder/tidy" ] || { cat "$folder/tidy"; return 1; }
}

check_cppcheck() {
    # shellcheck disable=SC2086
    cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --std=c11 \
        --suppress=missingInclude --suppress=missingIncludeSystem --suppress=internalAstError \
        --suppress='uninitvar:tests/*' --suppress='legacyUninitvar:tests/*' \
        $defines -D__x86_64__ -Iinclude -Isrc --file-list="$folder/there" 2>&1
}

if [ $everything = yes ]; then
    sh scripts/check_floors.sh; verdict "folders include only what stands below them" $?
    check_public_header; verdict "rondo.h compiles alone as C11 and C++14" $?
    check_headers; verdict "every header compiles alone" $?
    if have shellcheck; then
        git ls-files '*.sh' .ci/run | xargs shellcheck -x -S warning; verdict shellcheck $?
    else skip "shell scripts" shellcheck; fi
    if have ruff; then ruff check scripts; verdict ruff $?; else skip "Python scripts" ruff; fi
    if have codespell; then
        git ls-files | grep -vE '^(tests/golden|fuzz/corpus|tests/draw/expected|tests/formats/golden)/' | xargs codespell -q 3
        verdict codespell $?
    else skip spelling codespell; fi
    if have nm && [ -e "$build/librondo.so" ]; then
        sh scripts/check_symbols.sh "$build/librondo.so"; verdict "the exported names are those of the list" $?
    else skip "exported names" "$build/librondo.so"; fi
fi
if have cppcheck; then check_cppcheck; verdict cppcheck $?; else skip "C sources" cppcheck; fi
tidy=
for name in clang-tidy clang-tidy-14 clang-tidy-15 clang-tidy-16; do
    [ -n "$tidy" ] || ! have $name || tidy=$name
done
if [ -n "$tidy" ]; then check_tidy; verdict clang-tidy $?; else skip "C sources" clang-tidy; fi
exit $bad
