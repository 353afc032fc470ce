#!/bin/sh
# Runs every test of a build folder and ends with one line: N passed, N failed, N skipped. What failed or was
# skipped, and why, stands above it; the whole output is in FOLDER/tests.log.
set -u
build=${1:?usage: run_tests.sh BUILD}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
log=$build/tests.log
(cd "$build" && ctest -j "$jobs" --timeout 900 --verbose) >"$log" 2>&1
ended=$?
# cmocka and the shell tests print a line a test; a program that dies before its own verdict counts as one failure.
awk -v ended="$ended" '
    /\[       OK \]/                     { passed++; seen[$1] = 1; next }
    /\[  FAILED  \] [A-Za-z_]/           { sub(/^[0-9]+: /, ""); if (!told[$0]++ && !/test\(s\)/) { failed++; print } next }
    /\[  SKIPPED \] [A-Za-z_]/           { sub(/^[0-9]+: /, ""); if (!told[$0]++ && !/test\(s\)/) { skipped++; print } next }
    /^[0-9]+: ok - /                     { passed++; next }
    /^[0-9]+: not ok - /                 { failed++; sub(/^[0-9]+: /, ""); print; next }
    /^[0-9]+: skip - /                   { skipped++; sub(/^[0-9]+: /, ""); print; next }
    /^[ 0-9\/]+Test +#[0-9]+:.*\*\*\*/   { if (!/Skipped/) { programs++; print } next }
    /^[0-9]+: .*(ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|WARNING: ThreadSanitizer)/ { print }
    END {
        if (programs > 0 && failed == 0) failed = programs
        if (ended != 0 && failed == 0) { print "ctest ended with " ended; failed = 1 }
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }' "$log"
