#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Control, dataplanes and a collective over a small lab: the plan is followed, control dies and comes back, a link dies and comes
# back, one goes down so that routers avoid it and comes up; the collective goes on, and every byte is verified.
# usage: planned.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
command -v curl >/dev/null || { echo "needs curl to ask control"; exit 77; }

common='
set -eu
get() { curl -s --unix-socket "$WEFT_CONTROL_SOCKET" "http://control/v1/$1" || :; }
# Waits until the answer has all of these words; the limit is that of the whole test.
await() {
    echo "awaiting $*"
    what=$1; shift
    while :; do
        answer=$(get "$what") missing=
        for word; do case $answer in *"$word"*) ;; *) missing=$word ;; esac; done
        [ -n "$missing" ] || return 0
    done
}
everywhere="\"present\":$WEFT_HOSTS,\"current\":$WEFT_HOSTS"
'

follow='
"$bench" all_reduce -b 2M -n 100000 --mode planned --placement scattered --check >output 2>&1 &
await fabric "$everywhere" "\"flows\":4,"

"$lab" kill control
"$bench" all_to_all -b 256K -n 2 --check --mode planned
"$lab" start control
await fabric "$everywhere" "\"flows\":4,"

"$lab" fault leaf0-spine1 black_hole
await links/leaf0-spine1 "\"state\":\"down\"" "\"planned_flows\":0"
await fabric "$everywhere"
"$bench" all_to_all -b 256K -n 2 --check --mode planned
"$lab" fault leaf0-spine1 clear
await links/leaf0-spine1 "\"state\":\"up\""
await fabric "$everywhere"
kill -0 $! || { cat output; exit 1; }
"$bench" all_reduce -b 1M -n 2 --mode planned --placement scattered --check
'

# With three leaves it is known which link: a black hole by who is still heard, one that is down by who has paths.
find='
"$bench" all_reduce -b 2M -n 100000 --mode planned --check >output 2>&1 &
await fabric "$everywhere" "\"flows\":3,"

"$lab" fault leaf0-spine1 black_hole
await links/leaf0-spine1 "\"state\":\"down\"" "\"planned_flows\":0"
await fabric "$everywhere" "\"up\":8,"
"$lab" fault leaf0-spine1 clear
await fabric "$everywhere" "\"up\":9,"

"$lab" fault leaf0-spine1 down
await links/leaf0-spine1 "\"state\":\"down\"" "\"planned_flows\":0"
await fabric "$everywhere" "\"up\":8,"
"$bench" all_to_all -b 256K -n 2 --check --mode planned
"$lab" fault leaf0-spine1 clear
await fabric "$everywhere" "\"up\":9,"
kill -0 $! || { cat output; exit 1; }
'
export lab bench
run() { # SHAPE HOSTS STORY
    WEFT_HOSTS=$2 "$lab" run "$1" --rate 100M --control --dataplane "$dataplane" -- sh -c "$common$3"
}
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
run 2x2x2 4 "$follow" && run 3x2x1 3 "$find"
