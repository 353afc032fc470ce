# shellcheck shell=sh disable=SC2034,SC2154 # program, source, bad and commands are shared with the tests
# Shared by the tests of the program: `program` and `source` are set before. Each check is one line, "ok - …".
folder=$(mktemp -d "${TMPDIR:-/tmp}/rondo-cli.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset NO_COLOR COLUMNS
LC_ALL=C
export LC_ALL
bad=0 # set by failed, read by the tests

passed() { echo "ok - $1"; }
failed() { echo "not ok - $1"; bad=1; }
# check NAME COMMAND…: the command succeeds.
check() {
    title=$1
    shift
    if "$@" >check.out 2>&1; then passed "$title"; else failed "$title"; sed 's/^/    /' check.out | head -n 20; fi
}
# says NAME STATUS "exact standard error" arguments…: what the program answers.
says() {
    title=$1 wanted=$2
    printf '%s\n' "$3" >says.want
    shift 3
    "$program" "$@" >says.out 2>says.err </dev/null
    got=$?
    if [ "$got" = "$wanted" ] && cmp -s says.want says.err; then passed "$title"; else
        failed "$title: status $got, expected $wanted"
        diff says.want says.err | sed 's/^/    /'
    fi
}
# status NAME STATUS arguments…: only the status.
status() {
    title=$1 wanted=$2
    shift 2
    "$program" "$@" >status.out 2>status.err </dev/null
    got=$?
    if [ "$got" = "$wanted" ]; then passed "$title"; else
        failed "$title: status $got, expected $wanted"
        head -n 5 status.err | sed 's/^/    /'
    fi
}
# A text that has something to learn, the same on every machine.
make_text() {
    awk 'BEGIN { s = 7; for (i = 0; i < 6000; i++) { s = (s * 1103515245 + 12345) % 2147483648
                 printf "%s", substr("abcdefgh ij\n", 1 + int(s / 65536) % 12, 1) } }' >"$1"
}
commands='train reproduce demo evaluate generate score classify tag translate transcribe quantize inspect plot bench data gradcheck selftest help completion'
