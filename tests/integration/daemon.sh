# SPDX-License-Identifier: BSD-3-Clause
# For tests in bash: daemons that run beside the test until it ends. To be read with `.`.
started=()

# start WORD COMMAND...: runs it in the background and returns as soon as a line of its output has WORD, or it has ended, or said nothing for
# half a minute. Its process is in $process, its output goes to the file `log` of this folder.
start() {
    local word=$1 line pipe
    shift
    pipe=$(mktemp -u word.XXXXXX)
    mkfifo "$pipe"
    "$@" >"$pipe" 2>&1 &
    process=$!
    started+=($process)
    exec {said}<"$pipe"
    rm "$pipe"
    while read -r -t 30 line <&$said; do
        echo "$line" >>log
        case $line in *"$word"*) break ;; esac
    done
    cat <&$said >>log &
}

# Ends all that was started.
end_started() {
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
}
