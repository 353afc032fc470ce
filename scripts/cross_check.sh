#!/bin/sh
# Other processors from this one: builds the core for 64-bit ARM and runs the tests of the kernels under qemu-user, and
# compiles the kernels of WebAssembly. What is missing is said as "skipped"; the status is 1 when anything fails.
#   scripts/cross_check.sh [FOLDER FOR THE BUILD, build/cross]
cd "$(dirname "$0")/.." || exit 2
build=${1:-build/cross}
arm=aarch64-linux-gnu
tests='agree/test_kernels agree/test_masks agree/test_norms agree/test_products agree/test_rows agree/test_scans
equations/test_activation kernels/test_device base/test_rng layers/test_recurrent layers/test_recurrent_options
layers/test_dropout layers/test_pooling gradient/test_gradient_scan'
flags='-std=gnu11 -O2 -D_GNU_SOURCE -fno-math-errno -fno-trapping-math -ffp-contract=off -Iinclude -Isrc'
bad=0

arm_test() { # one program: named gradient or _real64, it checks the double core
    program=$build/arm/$(basename "$1")
    real64=
    case $1 in
        gradient/*|*_real64) real64="-DRONDO_REAL64 -DRD_REAL64 -include $build/arm/real64_names.h" ;;
    esac
    # shellcheck disable=SC2086 # lists of flags
    "$arm-gcc" $flags $real64 -Itests/cross -Itests -DRD_SOURCE_DIR="\"$PWD\"" "tests/$1.c" -o "$program" \
        "$build/arm/librondo.a" -lm -lpthread || return 1
    for isa in neon generic; do
        RONDO_ISA=$isa qemu-aarch64 -L "/usr/$arm" "$program" >"$program.log" 2>&1 || { cat "$program.log"; return 1; }
    done
}

arm_all() {
    cmake -S . -B "$build/arm" -DCMAKE_BUILD_TYPE=Release -DRONDO_CORE_ONLY=ON -DCMAKE_SYSTEM_NAME=Linux \
        -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER="$arm-gcc" -DBUILD_TESTING=OFF \
        -DCMAKE_C_COMPILER_LAUNCHER="$(command -v ccache)" >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; return 1; }
    cmake --build "$build/arm" -j2 --target rondo_static >"$build/build.log" 2>&1 || { cat "$build/build.log"; return 1; }
    failed=0
    for test in $tests; do
        if arm_test "$test"; then echo "aarch64 $test: passed"; else echo "aarch64 $test: FAILED"; failed=1; fi
    done
    return $failed
}

# Just enough of a C library to compile the kernels; nothing is linked.
wasm_headers() {
    mkdir -p "$build/wasm"
    printf '%s\n' '#include <stddef.h>' 'void *memcpy(void *, const void *, size_t);' \
        'void *memset(void *, int, size_t);' 'void *memmove(void *, const void *, size_t);' \
        'int memcmp(const void *, const void *, size_t);' 'size_t strlen(const char *);' >"$build/wasm/string.h"
    {
        echo '#define INFINITY __builtin_inff()'
        echo '#define NAN __builtin_nanf("")'
        for name in exp log tanh sqrt fabs floor; do echo "double $name(double); float ${name}f(float);"; done
        echo 'long lrint(double);'
        for name in copysign fmin fmax; do echo "double $name(double, double); float ${name}f(float, float);"; done
    } >"$build/wasm/math.h"
}

wasm_all() {
    wasm_headers
    for isa in simd128 generic; do
        for real in '' '-DRONDO_REAL64 -DRD_REAL64'; do
            # shellcheck disable=SC2086 # lists of flags
            clang --target=wasm32 -msimd128 -ffreestanding -O2 -std=gnu11 -fno-math-errno -ffp-contract=off -Wall -Wextra \
                -Werror -isystem "$build/wasm" -Iinclude -Isrc $real -c "src/kernels/cpu/cpu_$isa.c" \
                -o "$build/wasm/$isa.o" || return 1
        done
        echo "wasm32 $isa kernels: compiled"
    done
}

mkdir -p "$build"
if ! command -v "$arm-gcc" >/dev/null; then
    echo "aarch64: skipped, there is no $arm-gcc (Debian: gcc-aarch64-linux-gnu)"
elif ! command -v qemu-aarch64 >/dev/null; then
    echo "aarch64: skipped, there is no qemu-aarch64 (Debian: qemu-user)"
else
    arm_all || bad=1
fi
if command -v clang >/dev/null && clang --print-targets | grep -q wasm32; then
    wasm_all || { echo "wasm32: FAILED"; bad=1; }
else
    echo "wasm32: skipped, there is no clang that knows it"
fi
exit $bad
