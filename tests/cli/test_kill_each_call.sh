#!/bin/sh
# shellcheck disable=SC2086 # options are meant to split into words
# Every file call of a run, one after the other: the process dies before it (reliability G2), or the call fails (G3).
# Going on gives the bytes of an undisturbed run, and a call that fails never ends in status 0 with another model.
# RONDO_DEEP=1: every call, every error, errors that stay, and resumed and replacing runs too.
program=$1 source=$2
. "$source/tests/cli/kill_common.sh"
if ! strace -o /dev/null true 2>/dev/null; then
    echo "skip - each file call: strace is not installed or may not trace here"
    exit 77
fi
watch='strace -f -qq'
$watch --seccomp-bpf -o /dev/null true 2>/dev/null && watch="$watch --seccomp-bpf"
deep=${RONDO_DEEP:-}
three="$stream --max-steps 3 --eval-every 2"

(train whole $three) || { failed "an undisturbed run ends with status 0"; exit 1; }
# What is done to a run, and how it begins. A resumed one has its first checkpoint, a replacing one the whole run.
prepare() {
    forget hit
    case $1 in
    resumed) cp -r first.run hit.run ;;
    replacing) cp -r whole.run hit.run && cp whole.safetensors hit.safetensors ;;
    esac
}
disturbed() {
    case $1 in
    fresh) (train hit $three) ;;
    resumed) go_on hit ;;
    replacing) (train hit $three -f) ;;
    esac >out 2>err </dev/null
}
(train first --keep 9 $three) && rm -f first.run/step-*[23].safetensors first.run/finished first.run/best.safetensors
sed -i 's/first/hit/' first.run/options

# calls KIND CALL: the numbers of the calls that are the program's own: from the first file that is no library.
calls() {
    prepare "$1"
    under="$watch -o trace.txt -e trace=$2,openat"
    disturbed "$1"
    under=
    awk -v call="$2" '{ sub(/^[0-9]+ +/, ""); name = $0; sub(/\(.*/, "", name) }
        name == "openat" && !/\.so/ && !begun { begun = 1; first = n + 1 }
        name == call { n++ }
        END { for (i = first; begun && i <= n; i++) print i }' trace.txt
}
# sound WHAT OPTIONS: the run that was disturbed goes on to the same bytes.
sound() {
    if ! go_on hit $three; then
        failed "$1: going on fails"
        tell_resume
    elif ! same_model whole hit; then
        failed "$1: the resumed model differs"
    fi
}

kill_at() {
    prepare "$1"
    under="$watch -o trace.txt -e trace=$2 -e inject=$2:signal=SIGKILL:when=$3"
    disturbed "$1"
    under=
    if [ "$1" = replacing ] && [ ! -f hit.safetensors ]; then failed "kill before $2 $3: the old model is gone"; fi
    [ "$1" = replacing ] && [ ! -f hit.run/options ] && rm -f hit.safetensors
    sound "$1 run, kill before $2 $3"
}

kinds=fresh killing='openat write fsync rename link unlink ftruncate mkdir fallocate'
[ -z "$deep" ] || kinds='fresh resumed replacing'
count=0
for kind in $kinds; do
    for call in $killing; do
        for n in $(calls $kind "$call"); do
            kill_at $kind "$call" "$n"
            count=$((count + 1))
            [ $bad = 0 ] || exit 1
        done
    done
done
passed "SIGKILL before each of $count file calls, each resumed to the same bytes"

# fail_at KIND CALL HOW NUMBER: an error that asks to try again must leave no trace; the others are status 0 with the
# right model, or 5 and a run that goes on.
fail_at() {
    prepare "$1"
    under="$watch -o trace.txt -e trace=$2 -e inject=$2:$3:when=$4"
    disturbed "$1"
    got=$?
    under=
    what="$1 run, $3 at $2 $4"
    case $3:$got in
    *:0) if ! same_model whole hit; then failed "$what: status 0 and another model"; fi ;;
    *EINTR:*) failed "$what: status $got" && sed 's/^/    /' err ;;
    *:5) sound "$what" ;;
    *) failed "$what: status $got" && sed 's/^/    /' err ;;
    esac
}
faults='write:error=ENOSPC write:error=EINTR write:retval=1 fsync:error=EIO rename:error=EIO link:error=EPERM openat:error=EMFILE
    close:error=EIO pread64:error=EIO read:error=EIO fallocate:error=ENOSPC'
more='write:error=EIO write:error=EDQUOT fsync:error=EINTR fsync:error=ENOSPC rename:error=EINTR rename:error=ENOSPC
    link:error=ENOSPC openat:error=EINTR openat:error=EACCES close:error=EINTR pread64:error=EINTR read:error=EINTR
    fallocate:error=EOPNOTSUPP fallocate:error=EINTR ftruncate:error=EIO unlink:error=EIO mkdir:error=ENOSPC
    flock:error=ENOLCK flock:error=EOPNOTSUPP getdents64:error=EIO newfstatat:error=EIO fadvise64:error=EIO'
[ -z "$deep" ] || faults="$faults $more"
count=0
for kind in $kinds; do
    [ $kind = replacing ] && continue
    for fault in $faults; do
        call=${fault%%:*}
        for n in $(calls $kind "$call"); do
            fail_at $kind "$call" "${fault#*:}" "$n"
            count=$((count + 1))
            case $fault in *EINTR | *retval*) ;; *)
                if [ -n "$deep" ]; then
                    fail_at $kind "$call" "${fault#*:}" "$n+"
                    count=$((count + 1))
                fi ;;
            esac
            [ $bad = 0 ] || [ -n "$deep" ] || exit 1
        done
    done
done
[ $bad = 0 ] && passed "each of $count file calls fails: never status 0 with another model, always resumable"
exit "$bad"
