#!/bin/sh
# From a bare machine to a trained network or a tested tree in one command. Safe to run again; POSIX sh.
#
#   ./rondo.sh demo      install what is missing, build, train on built-in data, sample, draw
#   ./rondo.sh test      the same, then run the test suite        (--deep: sanitizers, fuzzing, long fault tests)
#   ./rondo.sh build     only install and build
#
#   --no-install         never install packages        BUILD=DIR   build there instead of build/release
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/build/release}
install=yes
deep=
action=
for word; do
    case $word in
    --no-install) install=no ;;
    --deep) deep=yes ;;
    demo | test | build) action=$word ;;
    -h | --help | help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "rondo.sh: $word: not a command (demo, test, build, --no-install, --deep)" >&2; exit 2 ;;
    esac
done
[ -n "$action" ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

have() { command -v "$1" >/dev/null 2>&1; }
module() { have pkg-config && pkg-config --exists "$1" 2>/dev/null; }

# What is missing, one line each: what it is for, and its package with apt, dnf, brew ("-": part of the system, or not there).
missing() {
    have cc || have gcc || have clang || echo "compiler gcc+libc6-dev gcc+glibc-devel gcc"
    have cmake || echo "build cmake cmake cmake"
    have make || have ninja || echo "build make make make"
    have pkg-config || echo "build pkg-config pkgconf-pkg-config pkg-config"
    module jansson || echo "json libjansson-dev jansson-devel jansson"
    module zlib || echo "gzip zlib1g-dev zlib-devel zlib"
    module libzip || echo "zip libzip-dev libzip-devel libzip"
    module sndfile || echo "audio libsndfile1-dev libsndfile-devel libsndfile"
    module kissfft-float || echo "features libkissfft-dev - -"
    module libutf8proc || echo "unicode libutf8proc-dev utf8proc-devel utf8proc"
    if [ "$action" = test ]; then
        module cmocka || echo "tests libcmocka-dev libcmocka-devel cmocka"
        have strace || echo "fault-tests strace strace -"
        [ -z "$deep" ] || have clang || echo "sanitizers clang+libclang-rt-14-dev clang+compiler-rt llvm"
    fi
}

install_missing() {
    wanted=$(missing)
    [ -n "$wanted" ] || return 0
    if [ "$install" = no ]; then
        echo "rondo.sh: not installed, switched off where optional:" >&2
        echo "$wanted" | awk '{print "  " $1 ": " $2}' >&2
        return 0
    fi
    if have apt-get; then column=2; tool="apt-get install -y --no-install-recommends"; refresh="apt-get update"
    elif have dnf; then column=3; tool="dnf install -y"; refresh=true
    elif have brew; then column=4; tool="brew install"; refresh=true
    else echo "rondo.sh: no apt-get, dnf or brew here; please install:" >&2; echo "$wanted" >&2; exit 2
    fi
    packages=$(echo "$wanted" | awk -v c=$column '$c != "-" {gsub(/\+/, " ", $c); printf "%s ", $c}')
    [ -n "$packages" ] || return 0
    prefix=
    if [ "$tool" != "brew install" ] && [ "$(id -u)" != 0 ]; then
        if have sudo && sudo -n true 2>/dev/null; then prefix="sudo "
        else
            echo "rondo.sh: packages are missing and this user may not install them; please run:" >&2
            echo "  $refresh && $tool $packages" >&2
            exit 2
        fi
    fi
    echo "installing: $prefix$tool $packages"
    log=$(mktemp "${TMPDIR:-/tmp}/rondo-install.XXXXXX")
    # shellcheck disable=SC2086 # the words are meant to split
    if ! { $prefix$refresh && DEBIAN_FRONTEND=noninteractive $prefix$tool $packages; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "rondo.sh: could not install; the whole log is $log" >&2
        exit 2
    fi
    rm -f "$log"
}

# quietly LOG COMMAND…: says nothing unless it fails, then the last 40 lines and the log's name.
quietly() {
    log=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "rondo.sh: failed: $*" >&2
        echo "rondo.sh: the whole log is $log" >&2
        exit 1
    fi
}

build_tree() { # build_tree FOLDER cmake-arguments…
    folder=$1
    shift
    mkdir -p "$folder" 2>/dev/null || { echo "rondo.sh: $folder cannot be made; choose another with BUILD=DIR" >&2; exit 2; }
    quietly "$folder/configure.log" cmake -S "$here" -B "$folder" "$@"
    sed -n 's/^-- rondo: /  /p' "$folder/configure.log"
    quietly "$folder/build.log" cmake --build "$folder" -j "$jobs"
}

install_missing
have cmake || { echo "rondo.sh: cmake is needed to build" >&2; exit 2; }
echo "building in $build"
testing=OFF
[ "$action" != test ] || testing=ON
build_tree "$build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=$testing

case $action in
build) echo "built $build/rondo; try: $build/rondo help" ;;
demo)
    out=${OUT:-$here/demo}
    mkdir -p "$out" 2>/dev/null || out=$build/demo
    exec "$build/rondo" demo --out "$out" ;;
test)
    if [ -n "$deep" ]; then
        build_tree "$build-sanitize" -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=ON -DRONDO_ASSERT=ON \
            -DRONDO_SANITIZE=address,undefined
        sh "$here/scripts/run_tests.sh" "$build-sanitize" || exit 1
        RONDO_DEEP=1
        export RONDO_DEEP
    fi
    exec sh "$here/scripts/run_tests.sh" "$build" ;;
esac
