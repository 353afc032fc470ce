#!/bin/sh
# The installed tree, as strangers use it: plain cc, pkg-config, find_package and add_subdirectory, static and shared,
# each building and running the examples.
program=$1 source=$2
. "$source/tests/cli/common.sh"

build=$(cd "$(dirname "$program")" && pwd)
cc=${CC:-cc}
skip_all() { echo "skip - the installed tree: $1"; exit 77; }
command -v cmake >/dev/null 2>&1 || skip_all "there is no cmake here"
command -v pkg-config >/dev/null 2>&1 || skip_all "there is no pkg-config here"
[ -e "$build/librondo.so" ] && [ -e "$build/pages/rondo.1" ] || skip_all "the build folder is not complete"
! nm -D "$build/librondo.so" 2>/dev/null | grep -qE '__(asan|tsan|ubsan)_' || skip_all "this build has sanitizers"

check "cmake --install into a prefix" cmake --install "$build" --prefix "$folder/first"
[ $bad = 0 ] || exit 1
mv first prefix # the tree can be moved
prefix=$folder/prefix
pc=$(find "$prefix" -name rondo.pc)
lib=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH

for file in bin/rondo include/rondo/rondo.h share/man/man1/rondo.1 share/man/man1/rondo-train.1 \
    share/bash-completion/completions/rondo share/zsh/site-functions/_rondo share/fish/vendor_completions.d/rondo.fish; do
    check "$file is installed and not empty" test -s "$prefix/$file"
done
check "the installed program runs" "$prefix/bin/rondo" --version
check "pkg-config knows the version of the program" \
    sh -c "'$prefix/bin/rondo' --version | grep -F \"\$(pkg-config --modversion rondo)\""

awk 'BEGIN { for (i = 0; i < 1500; i++) printf "The %s sat on the %s.\n", i % 3 ? "cat" : "dog", i % 2 ? "mat" : "hat" }' >text.txt

# runs NAME FOLDER: both examples, compiled in FOLDER, do their work there.
runs() {
    check "$1: char_lm trains and writes a sample" sh -c "cd '$2' && ./char_lm '$folder/text.txt' 0.3s && test -s char_lm.safetensors"
    check "$1: stream answers each symbol" sh -c "cd '$2' && printf '1\n2\n3\n' | ./stream char_lm.safetensors | awk 'END { exit NR != 3 }'"
}

strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror"
needs=$(pkg-config --static --libs rondo | sed 's/-lrondo//')
# compiles NAME "flags before" "flags after"
compiles() {
    mkdir -p "$1"
    for example in char_lm stream; do
        # shellcheck disable=SC2086 # the words are meant to split
        check "$1: $example.c compiles without a warning" \
            "$cc" $strict $2 "$source/examples/$example.c" $3 -o "$1/$example"
    done
    runs "$1" "$1"
}
compiles "plain cc, shared" "-I$prefix/include" "-L$lib -lrondo"
compiles "plain cc, static" "-I$prefix/include" "$lib/librondo.a $needs"
compiles "pkg-config, shared" "$(pkg-config --cflags rondo)" "$(pkg-config --libs rondo)"
compiles "pkg-config, static" "$(pkg-config --cflags rondo)" "$(pkg-config --static --libs rondo | sed 's/-lrondo/-l:librondo.a/')"

# project FOLDER "lines that make the targets": a CMake project that links the examples with rondo::rondo.
project() {
    mkdir -p "$1"
    {
        printf 'cmake_minimum_required(VERSION 3.22)\nproject(stranger LANGUAGES C)\n%s\n' "$2"
        for example in char_lm stream; do
            echo "add_executable($example $source/examples/$example.c)"
            echo "target_link_libraries($example PRIVATE rondo::rondo)"
        done
    } >"$1/CMakeLists.txt"
}
for kind in static shared; do
    wanted=OFF
    [ $kind = static ] || wanted=ON
    project "find_package, $kind" "find_package(rondo 0.1 CONFIG REQUIRED)"
    check "find_package, $kind: configures" cmake -S "find_package, $kind" -B "find_package, $kind" \
        -DCMAKE_PREFIX_PATH="$prefix" -DBUILD_SHARED_LIBS=$wanted
    check "find_package, $kind: builds" cmake --build "find_package, $kind"
    runs "find_package, $kind" "find_package, $kind"
done
check "find_package refuses another minor version" sh -c \
    "mkdir other && printf 'cmake_minimum_required(VERSION 3.22)\nproject(x LANGUAGES C)\nfind_package(rondo 0.2 CONFIG REQUIRED)\n' >other/CMakeLists.txt &&
     ! cmake -S other -B other -DCMAKE_PREFIX_PATH='$prefix'"

# The whole library once more; without optimisation, since only the link is in question.
taken=add_subdirectory
project "$taken" "add_subdirectory($source rondo)"
check "$taken: configures" cmake -S "$taken" -B "$taken/build" -DCMAKE_BUILD_TYPE=Debug
if [ -n "${RONDO_DEEP:-}" ]; then
    check "$taken: builds" cmake --build "$taken/build" --target char_lm stream
    runs "$taken" "$taken/build"
else
    echo "skip - $taken: builds (the whole library again; RONDO_DEEP=1 does it)"
fi
exit $bad
