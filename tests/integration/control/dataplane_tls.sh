#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A dataplane and weft-control that speak over TLS with certificates of both sides: the port is registered, weft sees it over
# TLS with a token, and a dataplane whose certificate is for another port's address is turned away, in words.
# usage: dataplane_tls.sh WEFT-CONTROL WEFT-DATAPLANE WEFT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
control=$(realpath "$1") dataplane=$(realpath "$2") weft=$(realpath "$3")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
command -v openssl >/dev/null || { echo "needs openssl, which makes the certificates"; exit 77; }

if [ "${WITHIN:-}" != yes ]; then
    WITHIN=yes exec unshare --net --mount --pid --fork --kill-child "$0" "$@"
fi
. "$here/../daemon.sh"
scratch=$(mktemp -d) && cd "$scratch"
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
end() {
    status=$?
    end_started
    [ $status -eq 0 ] || tail -n 40 log
    cd / && rm -rf "$scratch"
    exit $status
}
trap end EXIT

ip link set lo up
ip link add eth1 type veth peer name leaf
ip address add 10.1.0.1/24 dev eth1
ip link set eth1 up
ip link set leaf up

"$here/../certificates" . ca server=127.0.0.1@ca 10.1.0.1=10.1.0.1@ca 10.1.0.2=10.1.0.2@ca
printf secret >token
echo "operator operator $(sha256sum token | cut -d ' ' -f 1)" >tokens

cat >topology.yaml <<'END'
topology:
  nodes:
    leaf0: {kind: leaf}
    leaf1: {kind: leaf}
    spine0: {kind: spine, address: 10.255.1.1}
    host0: {kind: host, addresses: {eth1: 10.1.0.1}}
    host1: {kind: host, addresses: {eth1: 10.2.0.1}}
  links:
    - {endpoints: [leaf0, spine0], rate: 10G}
    - {endpoints: [leaf1, spine0], rate: 10G}
    - {endpoints: ["host0:eth1", leaf0], rate: 10G}
    - {endpoints: ["host1:eth1", leaf1], rate: 10G}
END
cat >control.yaml <<END
socket: $scratch/control.sock
topology: $scratch/topology.yaml
store: ":memory:"
listen: {address: 127.0.0.1, port: 4793, certificate: $scratch/server.pem, key: $scratch/server.key,
         tokens_file: $scratch/tokens, client_ca: $scratch/ca.pem}
END
dataplane_config() {
    cat <<END
socket: $scratch/$1.sock
idle: sleep
telemetry_prefix: $1
control: {url: "https://127.0.0.1:4793", ca: $scratch/ca.pem, certificate: $scratch/$1.pem, key: $scratch/$1.key}
eal: ["--no-huge", "-m", "128"]
ports:
  - {device: "af_packet:eth1", address: 10.1.0.1, rate: 1G}
END
}
ask() { "$weft" --control https://127.0.0.1:4793 --ca ca.pem --token-file token "$@"; }

start "ready on" "$control" control.yaml

dataplane_config 10.1.0.2 >stranger.yaml
start "this certificate does not speak for 10.1.0.1" "$dataplane" stranger.yaml
grep -q "this certificate does not speak for 10.1.0.1" log
kill $process && wait $process || true
ask host show | grep host0 | grep -q absent

dataplane_config 10.1.0.1 >agent.yaml
start "control answers" "$dataplane" agent.yaml
ask host show
ask host show | grep host0 | grep -q current
