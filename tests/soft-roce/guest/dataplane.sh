# SPDX-License-Identifier: BSD-3-Clause
# What all cases use: checks, RDMA devices, dataplanes, collectives, captures.
export LD_LIBRARY_PATH=/mnt
failed=0
job=0
declare -A daemon_of # rank -> process
declare -a addresses # by rank
declare -A interface_of

now() { cut -d' ' -f1 /proc/uptime; }

# check NAME COMMAND...: says whether it succeeds
check() {
    local name=$1
    shift
    if "$@"; then
        echo "ok    $name ($(now) s)"
    else
        echo "FAIL  $name ($(now) s)"
        failed=$((failed + 1))
    fi
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
    local tries=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $((tries--)) -gt 0 ] || return 1
        sleep 0.1
    done
}

has_gid() { ibv_devinfo -v -d "$1" | grep -q "::ffff:$2"; }

# add_device RANK INTERFACE ADDRESS: an RDMA device on the interface; rxe of 6.1 works in this namespace only
add_device() {
    rdma link add "rxe$1" type rxe netdev "$2"
    addresses[$1]=$3
    interface_of[$1]=$2
    wait_for 10 has_gid "rxe$1" "$3"
}

# start_dataplane RANK GATEWAY-ETHERNET [LINE-OF-CONFIGURATION]
start_dataplane() {
    cat >"/tmp/dataplane$1.yaml" <<YAML
socket: /tmp/dataplane$1.sock
idle: sleep
log: debug
telemetry_prefix: dataplane$1
${3:-}
ports:
  - device: verbs:rxe$1${option:-}
    core: $(($1 % 2))
    rate: ${rate:-200M}
    gateway_ethernet: "$2"
YAML
    FORCE_ERROR=/tmp/force_error$1 LD_PRELOAD=${preload:-./libforce_error.so} ./weft-dataplane "/tmp/dataplane$1.yaml" >"/tmp/dataplane$1.log" 2>&1 &
    daemon_of[$1]=$!
}

dataplane_is_ready() { grep -q 'ready on' "/tmp/dataplane$1.log"; }

# all_ready RANK...
all_ready() {
    for rank in "$@"; do
        wait_for 120 dataplane_is_ready "$rank" || { cat "/tmp/dataplane$rank.log"; return 1; }
    done
}

stop_dataplanes() {
    for rank in "${!daemon_of[@]}"; do kill "${daemon_of[$rank]}" 2>/dev/null; done
    for rank in "${!daemon_of[@]}"; do wait "${daemon_of[$rank]}"; done
    daemon_of=()
}

# start_bench SECONDS COLLECTIVE [OPTION...]: on all ranks; output in /tmp/bench*.log
start_bench() {
    local seconds=$1
    shift
    job=$((job + 1))
    bench=()
    for rank in "${!addresses[@]}"; do
        WEFT_SOCKET=/tmp/dataplane$rank.sock WEFT_RANK=$rank WEFT_RANKS=${#addresses[@]} WEFT_JOB=$job \
            WEFT_ADDRESSES=$(IFS=,; echo "${addresses[*]}") \
            timeout "$seconds" ./weft-bench "$@" >"/tmp/bench$rank.log" 2>&1 &
        bench+=($!)
    done
}

# start_collective ...: the same, every byte verified
start_collective() { start_bench "$@" --check; }

end_collective() {
    local status=0
    for process in "${bench[@]}"; do wait "$process" || status=$?; done
    [ $status -eq 0 ] && ! grep -q false /tmp/bench0.log && return 0
    tail -n 3 /tmp/bench*.log
    return 1
}

# collective ...: as start_collective, to its end
collective() {
    start_collective "$@"
    end_collective
}

# median FILE: of numbers, one a line
median() { sort -n "$1" | awk '{n[NR] = $1} END {print n[int((NR + 1) / 2)]}'; }

time_of() { awk '/verified|^#/ {next} NF > 6 {print $3, $4; exit}' /tmp/bench0.log; }

# capture INTERFACE FILE: RoCE packets that leave or come, until uncapture
capture() {
    tcpdump -Z root --immediate-mode -i "$1" -nn -s 64 -w "$2" udp port 4791 2>"$2.log" &
    captures+=($!)
    wait_for 10 grep -q listening "$2.log"
}
captures=()

uncapture() {
    sleep 0.5
    for process in "${captures[@]}"; do kill "$process"; done
    for process in "${captures[@]}"; do wait "$process"; done
    captures=()
}

# ports_of RANK: the source ports that its dataplane says its queue pairs have
ports_of() { sed -n 's/.*source port \([0-9]*\) is ready/\1/p' "/tmp/dataplane$1.log" | sort -u; }

# has_right_ports RANK FILE: every RoCE packet from the rank carries one of them
has_right_ports() {
    ports_of "$1" >/tmp/ports
    tcpdump -nn -r "$2" "src host ${addresses[$1]}" 2>/dev/null | awk '{sub(/.*\./, "", $3); print $3}' |
        sort | uniq -c >/tmp/seen
    awk 'NR == FNR {chosen[$1] = 1; next} {n += $1; if ($2 in chosen) right += $1}
         END {printf "      %d of %d packets\n", right, n; exit n == 0 || right != n}' /tmp/ports /tmp/seen
}

end_case() {
    stop_dataplanes
    for rank in "${!addresses[@]}"; do
        rdma link delete "rxe$rank" 2>/dev/null
        ip link delete "${interface_of[$rank]}" 2>/dev/null
    done
    addresses=()
    interface_of=()
    ip -all netns delete
}

echo 20000 >/proc/sys/net/core/netdev_max_backlog # emulation is slow to take what veth hands over
for all in all default; do
    echo 1 >/proc/sys/net/ipv4/conf/$all/accept_local # both ends of a path are ours
    echo 0 >/proc/sys/net/ipv4/conf/$all/rp_filter
    echo 1 >/proc/sys/net/ipv4/conf/$all/arp_ignore
done
