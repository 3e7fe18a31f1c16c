#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the commands of cases/*.txt against a control that gives canned answers, and compares what they print and
# how they exit with golden/*.txt. usage: commands.sh WEFT [--write-golden]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
weft=$(realpath "$1")
export TZ=UTC LC_ALL=C.UTF-8 SUDO_USER=ana NO_COLOR=1

work=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} -eq 0 ] || kill "${servers[@]}"; rm -rf "$work"' EXIT

start() { # a stand-in, and waits until it serves
    mkfifo "$work/ready"
    python3 "$@" >"$work/ready" &
    servers+=($!)
    read -r -t 30 _ <"$work/ready"
    rm "$work/ready"
}
start "$here/fake_control.py" "$work/socket" "$here/answers.json" "$work/posted"
start "$here/fake_telemetry.py" "$work/telemetry" "$here/telemetry.json"
start "$here/fake_telemetry.py" "$work/dataplane" "$here/no_telemetry.json"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind(sys.argv[1])' "$work/abandoned"
. "$here/hosts.sh"
plant_good_host "$work/good"
plant_bad_host "$work/bad"
export TELEMETRY=$work/telemetry WORK=$work
ulimit -l 64

cd "$here" # names of files in what is printed are relative to it
run() { # of one line of a case file, words split as a shell does
    local words
    eval "words=($1)"
    printf '$ weft %s\n' "$1"
    : >"$work/posted"
    local status=0
    "$weft" -s "$work/socket" "${words[@]}" >"$work/output" 2>"$work/errors" || status=$?
    sed "s|$work|WORK|g" "$work/output" "$work/errors"
    sed 's/^/posted: /; s/"by": "[^"]*"/"by": "WHO"/' "$work/posted"
    printf 'exit %d\n\n' "$status"
}

failed=0
for cases in cases/*.txt; do
    name=$(basename "$cases")
    while read -r line; do
        [ -z "$line" ] || run "$line"
    done <"$cases" >"$work/$name"
    if [ "${2:-}" = --write-golden ]; then
        cp "$work/$name" "golden/$name"
    elif ! diff -u "golden/$name" "$work/$name"; then
        failed=1
    fi
done
exit $failed
