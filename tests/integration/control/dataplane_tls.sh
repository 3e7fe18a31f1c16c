#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A dataplane and weft-control that speak over TLS with certificates of both sides: the port is registered, weft sees it over
# TLS with a token, and a dataplane whose certificate is for another port's address is turned away, in words.
# usage: dataplane_tls.sh WEFT-CONTROL WEFT-DATAPLANE WEFT
set -eu
control=$(realpath "$1") dataplane=$(realpath "$2") weft=$(realpath "$3")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
command -v openssl >/dev/null || { echo "needs openssl, which makes the certificates"; exit 77; }

if [ "${WITHIN:-}" != yes ]; then
    WITHIN=yes exec unshare --net --mount --pid --fork --kill-child "$0" "$@"
fi
scratch=$(mktemp -d) && cd "$scratch"
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
end() {
    status=$?
    kill $(jobs -p) 2>/dev/null || true
    [ $status -eq 0 ] || tail -n 20 ./*.log
    cd / && rm -rf "$scratch"
    exit $status
}
trap end EXIT

# await WHAT COMMAND...: until it succeeds; the limit is that of the whole test
await() {
    local what=$1
    shift
    until "$@"; do
        jobs %% >/dev/null || { echo "a daemon has ended before $what"; exit 1; }
    done
}

ip link set lo up
ip link add eth1 type veth peer name leaf
ip address add 10.1.0.1/24 dev eth1
ip link set eth1 up
ip link set leaf up

key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=ca 2>/dev/null
for name in server 10.1.0.1 10.1.0.2; do
    openssl req -x509 $key -CA ca.pem -CAkey ca.key -keyout $name.key -out $name.pem -subj /CN=$name \
        -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=IP:$([ $name = server ] && echo 127.0.0.1 || echo $name)" \
        2>/dev/null
done
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

"$control" control.yaml 2>control.log &
await "control is ready" grep -qs "ready on" control.log

dataplane_config 10.1.0.2 >stranger.yaml
"$dataplane" stranger.yaml 2>stranger.log &
stranger=$!
await "the stranger is turned away" grep -qs "this certificate does not speak for 10.1.0.1" stranger.log
kill $stranger && wait $stranger || true
ask host show | grep host0 | grep -q absent

dataplane_config 10.1.0.1 >agent.yaml
"$dataplane" agent.yaml 2>agent.log &
registered() { ask host show | grep host0 | grep -q current; }
await "the dataplane is registered" registered
ask host show
