#!/bin/sh
# What the library shows and asks for, and that its header stands alone.
program=$1 source=$2
. "$source/tests/cli/common.sh"

build=$(dirname "$program")
shared=$build/librondo.so
if ! command -v nm >/dev/null 2>&1; then echo "skip - exported names: there is no nm here"
elif [ ! -e "$shared" ]; then echo "skip - exported names: there is no librondo.so in the build folder"
elif nm -D "$shared" | grep -qE '__(asan|tsan|ubsan)_'; then echo "skip - exported names: this build has sanitizers"
else check "the library exports its list of names and never exits or prints" sh "$source/scripts/check_symbols.sh" "$shared"
fi

echo '#include <rondo/rondo.h>' >alone.c
check "the header compiles alone as C11" "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$source/include" -c alone.c
cp alone.c alone.cc
if command -v "${CXX:-c++}" >/dev/null 2>&1; then
    check "the header compiles alone as C++14" "${CXX:-c++}" -std=c++14 -Wall -Wextra -Wpedantic -Werror \
        -I"$source/include" -c alone.cc
else
    echo "skip - the header as C++14: there is no C++ compiler here"
fi
exit $bad
