#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A fault in a lab raises the right alert and no other: control, dataplanes, exporters and a Prometheus of the test's own, with
# the rules as they are shipped.
# usage: alerts.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH WEFT-EXPORTER RULES-FOLDER [WEFT-MONITOR]
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3") exporter=$(realpath "$4") rules=$(realpath "$5") monitor=${6:+$(realpath "$6")}
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
for program in curl prometheus; do
    command -v $program >/dev/null || { echo "needs $program (Debian: the package of this name)"; exit 77; }
done

story='
set -eu
prometheus_at=127.0.0.1:9790
# The values of an expression, as `{labels} value`; nothing while Prometheus has none.
ask() {
    curl -s --get --data-urlencode "query=$1" "http://$prometheus_at/api/v1/query" |
        grep -o "\"metric\":{[^}]*},\"value\":\[[^]]*" || :
}
# Waits until the expression has a value; the limit is that of the whole test.
await() {
    echo "awaiting $1"
    while [ -z "$(ask "$1")" ]; do "$lab" exec host0 -- true; done # which takes a moment
}
expect_none() {
    found=$(ask "$1")
    [ -z "$found" ] || { echo "not expected: $found"; exit 1; }
}
# Waits until this alert fires, for this link, and no other does: at first the other end of a path may be accused too.
await_alone() {
    await "ALERTS{alertname=\"$1\",alertstate=\"firing\",leaf=\"$2\",spine=\"$3\"} and on () count(ALERTS{alertstate=\"firing\"}) == 1"
}

"$lab" topology >topology.yaml
ip link set lo up
port=9791
printf "listen: 127.0.0.1:%s\ncontrol: {socket: %s}\n" $port "$WEFT_CONTROL_SOCKET" >fabric.yaml
hosts=
if [ -n "$monitor" ]; then # one of this kernel listens to the dataplanes of all hosts
    printf "socket: %s/monitor.sock\ngroup: root\nruntime_folder: /run/weft-lab\n" "$PWD" >monitor.yaml
    "$monitor" monitor.yaml 2>monitor.log &
    until grep -q "ready on" monitor.log; do kill -0 $!; "$lab" exec host0 -- true; done
    printf "monitor: {socket: monitor.sock}\n" >>fabric.yaml
fi
"$exporter" fabric.yaml 2>fabric.log &
for host in host0 host1 host2; do
    port=$((port + 1))
    printf "listen: 127.0.0.1:%s\ntopology: topology.yaml\ndataplane: {socket: /run/dpdk/weft-%s/dpdk_telemetry.v2}\n" $port $host >$host.yaml
    "$exporter" $host.yaml 2>$host.log &
    hosts="$hosts${hosts:+, }127.0.0.1:$port"
done
cat >prometheus.yml <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$rules/*.rules.yml"]
scrape_configs:
  - {job_name: weft-fabric, static_configs: [{targets: ["127.0.0.1:9791"]}]}
  - {job_name: weft-hosts, static_configs: [{targets: [$hosts]}]}
END
sources=4
[ -z "$monitor" ] || sources=5
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=$prometheus_at --log.level=warn 2>prometheus.log &
"$bench" all_reduce -b 2M -n 100000 --mode planned --placement scattered --check >bench.log 2>&1 &

await "sum(up) == 4 and sum(fabric_source_up) == $sources and sum(fabric_agent_plan_current) == 3 and max(fabric_plan_epoch) > 0"
await "count(rate(fabric_link_sent_packets_total[10s]) > 0) >= 3"
[ -z "$monitor" ] || await "sum(rate(fabric_collective_stage_messages_total{stage=\"network\"}[10s])) > 0"
await "count(fabric_link_up{spine!=\"\"} == 1) == 12"
expect_none "ALERTS{alertstate=\"firing\"}"

"$lab" fault leaf0-spine1 black_hole
await_alone BlackHole leaf0 spine1
"$lab" fault leaf0-spine1 clear
await "count(fabric_link_up{spine!=\"\"} == 1) == 12 and sum(fabric_link_suspect) == 0"
await "absent(ALERTS{alertstate=\"firing\"})"

"$lab" fault leaf1-spine2 down
await_alone LinkDown leaf1 spine2
expect_none "count_over_time(ALERTS{alertstate=\"firing\",alertname!~\"BlackHole|LinkDown\"}[10m])"
kill -0 $! || { cat bench.log; exit 1; }
'
export lab bench exporter rules monitor
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
"$lab" run 3x4x1 --rate 100M --control --dataplane "$dataplane" -- sh -c "$story" && exit
status=$?
tail -n 5 ./*.log
exit $status
