#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# weft-exporter before a real weft-control and played host daemons: both formats, sources that are down, hang or talk nonsense,
# passwords and certificates, configurations that are wrong. usage: scrape.sh WEFT-EXPORTER WEFT-CONTROL
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exporter=$(realpath "$1") control=$(realpath "$2")
for program in curl python3 openssl; do
    command -v $program >/dev/null || { echo "needs $program"; exit 77; }
done

. "$here/../daemon.sh"
work=$(mktemp -d)
trap 'end_started; rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
has() { grep -qF -- "$2" <<<"$1" || fail "no '$2' in: $(head -c 400 <<<"$1")"; }
has_not() { ! grep -qF -- "$2" <<<"$1" || fail "'$2' in: $(grep -F -- "$2" <<<"$1" | head -3)"; }

# The exporter listens where nobody else does.
start_exporter() { # CONFIGURATION-LINES
    for port in $(shuf -i 20000-29999 -n 20); do
        printf 'listen: 127.0.0.1:%s\ntimeout_ms: 500\n%s\n' "$port" "$1" >exporter.yaml
        start ready "$exporter" exporter.yaml
        kill -0 $process 2>/dev/null && grep -q "ready on 127.0.0.1:$port" log && return
    done
    fail "the exporter does not start"
}
scrape() { curl -s --max-time 10 "$@" "http://127.0.0.1:$port/metrics"; }

cat >topology.yaml <<'END'
topology:
  nodes:
    leaf0: {kind: leaf}
    leaf1: {kind: leaf}
    spine0: {kind: spine, address: 10.255.1.1}
    spine1: {kind: spine, address: 10.255.1.2}
    host0: {kind: host, addresses: {eth0: 10.1.0.1}}
    host1: {kind: host, addresses: {eth0: 10.2.0.1}}
  links:
    - {endpoints: [leaf0, spine0], rate: 100G}
    - {endpoints: [leaf0, spine1], rate: 100G}
    - {endpoints: [leaf1, spine0], rate: 100G}
    - {endpoints: [leaf1, spine1], rate: 100G}
    - {endpoints: ["host0:eth0", leaf0], rate: 100G}
    - {endpoints: ["host1:eth0", leaf1], rate: 100G}
END
printf 'socket: %s/control.sock\ntopology: %s/topology.yaml\nstore: ":memory:"\ndrained_uplinks_max: 50%%\n' "$work" "$work" >control.yaml
act() { curl -s --unix-socket control.sock -H 'Content-Type: application/json' -d "$2" "http://weft/v1/links/$1" >/dev/null; }

start ready "$control" control.yaml
control_process=$process
start ready python3 "$here/../weft/fake_telemetry.py" telemetry "$here/telemetry.json"
start ready python3 "$here/fake_monitor.py" monitor "$here/monitor.json"
start_exporter "$(printf 'topology: topology.yaml\ncontrol: {socket: control.sock}\ndataplane: {socket: telemetry}\nmonitor: {socket: monitor}\n')"

# ---- all sources, both formats ----
page=$(scrape)
for source in control dataplane monitor; do
    has "$page" "fabric_source_up{source=\"$source\"} 1"
    has "$page" "fabric_scrape_errors_total{source=\"$source\"} 0"
done
has "$page" 'fabric_link_up{leaf="leaf0",spine="spine1"} 1'
has "$page" 'fabric_agent_up{leaf="leaf0",host="host0",port="0"} 0'
has "$page" 'fabric_port_sent_bytes_total{leaf="leaf0",host="host0",port="0"} 1000'
has "$page" 'fabric_link_sent_packets_total{leaf="leaf0",host="host0",port="0",spine="spine1"} 0'
has "$page" 'fabric_nic_queue_pairs_failed_total{leaf="leaf0",host="host0",port="0"} 2'
has "$page" 'fabric_nic_messages_dropped_total{leaf="leaf0",host="host0",port="0",reason="malformed"} 1'
has "$page" 'fabric_collective_duration_seconds_count{op="all_reduce"} 2'
has "$page" 'fabric_collective_hung{leaf="leaf0",host="host0",port="0"} 0'
has_not "$page" '# EOF'
if command -v promtool >/dev/null; then
    promtool check metrics <<<"$page" || fail "promtool finds fault with the page"
fi
open=$(scrape -i -H 'Accept: application/openmetrics-text; version=1.0.0')
has "$open" 'Content-Type: application/openmetrics-text; version=1.0.0'
has "$open" '# TYPE fabric_link_flaps counter'
[ "$(tail -n 1 <<<"$open")" = '# EOF' ] || fail "OpenMetrics does not end"

# ---- what has changed shows when it is a second old, not before ----
act leaf0-spine1 '{"action": "drain", "reason": "fibre", "by": "ana"}'
until scrape | grep -q 'fabric_link_drained{leaf="leaf0",spine="spine1"} 1'; do :; done
has "$(scrape)" 'fabric_events_total{kind="link_drained"} 1'
act leaf0-spine1 '{"action": "restore", "by": "ana"}'
until scrape | grep -q 'fabric_link_drained{leaf="leaf0",spine="spine1"} 0'; do :; done
has "$(scrape)" 'fabric_events_total{kind="link_restored"} 1'

# ---- a source that is gone has no samples, and is counted ----
kill "$control_process"
wait "$control_process"
until page=$(scrape) && grep -q 'fabric_source_up{source="control"} 0' <<<"$page"; do :; done
has "$page" 'fabric_scrape_errors_total{source="control"} 1'
has "$page" 'fabric_source_up{source="dataplane"} 1'
has_not "$page" 'fabric_link_up'

# ---- other requests ----
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$@"; }
[ "$(status "http://127.0.0.1:$port/")" = 200 ] || fail "no page at /"
[ "$(status "http://127.0.0.1:$port/secrets")" = 404 ] || fail "something at /secrets"
[ "$(status -d x "http://127.0.0.1:$port/metrics")" = 405 ] || fail "POST is taken"
[ "$(status -I "http://127.0.0.1:$port/metrics")" = 200 ] || fail "HEAD is not taken"
has "$(for i in 1 2 3 4 5 6 7 8; do scrape & done; wait)" 'fabric_build_info{version='

# ---- sources that hang, or talk nonsense ----
start ready python3 "$here/fake_monitor.py" hanging never
echo '{"a":' >nonsense.json
start ready python3 "$here/fake_monitor.py" nonsense nonsense.json
echo '{"/weft/counters,0,0": 7}' >empty.json
start ready python3 "$here/../weft/fake_telemetry.py" strange empty.json
start_exporter "$(printf 'monitor: {socket: hanging}\ndataplane: {socket: strange}\n')"
page=$(scrape)
has "$page" 'fabric_source_up{source="monitor"} 0'
has "$page" 'fabric_source_up{source="dataplane"} 0'
start_exporter "$(printf 'monitor: {socket: nonsense}\ndataplane: {socket: nonsense}\n')"
has "$(scrape)" 'fabric_source_up{source="monitor"} 0'

# ---- who may scrape ----
"$here/../certificates" . web=127.0.0.1
cat >web.yaml <<'END'
tls_server_config: {cert_file: web.pem, key_file: web.key}
basic_auth_users:
  ana: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW # "secret"
END
start_exporter "$(printf 'web_config: %s/web.yaml\nmonitor: {socket: monitor}\n' "$work")"
secure() { status --cacert web.pem "$@" "https://127.0.0.1:$port/metrics"; }
[ "$(secure)" = 401 ] || fail "nobody is let in"
[ "$(secure -u ana:secret)" = 200 ] || fail "ana is not let in"
[ "$(secure -u ana:wrong)" = 429 ] || fail "passwords may be guessed at once"
[ "$(secure -u ana:secret)" = 200 ] || fail "ana is held up by others"
[ "$(status "http://127.0.0.1:$port/metrics")" != 200 ] || fail "it answers without TLS"
cat >web.yaml <<'END'
tls_server_config: {cert_file: web.pem, key_file: web.key, client_ca_file: web.pem, client_auth_type: RequireAndVerifyClientCert}
END
start_exporter "$(printf 'web_config: %s/web.yaml\nmonitor: {socket: monitor}\n' "$work")"
[ "$(secure)" = 403 ] || fail "who has no certificate is let in"
[ "$(secure --cert web.pem --key web.key)" = 200 ] || fail "who has a certificate is not let in"

# ---- configurations that are wrong ----
refused() { # LINES WORDS
    echo "$1" >wrong.yaml
    answer=$("$exporter" wrong.yaml --check-config 2>&1) && fail "accepted: $1"
    has "$answer" "$2"
}
refused 'log: info' 'nothing to export'
refused 'control: {}' 'wrong.yaml:1:10: control: either'
refused 'control: {url: "http://x"}' 'https://'
refused 'monitor: {sockt: x}' 'sockt'
refused "$(printf 'monitor: {socket: x}\nlisten: localhost')" 'wrong.yaml:2:9: listen'
refused "$(printf 'monitor: {socket: x}\ntimeout_ms: 5')" 'wrong.yaml:2:13'
refused "$(printf 'monitor: {socket: x}\nweb_config: missing.yaml')" 'missing.yaml:1:1'
echo 'tls_server_config: {cert_file: a}' >web.yaml
refused "$(printf 'monitor: {socket: x}\nweb_config: web.yaml')" 'belong together'
echo 'basic_auth_users: {ana: secret}' >web.yaml
refused "$(printf 'monitor: {socket: x}\nweb_config: web.yaml')" 'web.yaml:1:25: a bcrypt hash'
echo 'http_server_config: {http2: true}' >web.yaml
refused "$(printf 'monitor: {socket: x}\nweb_config: web.yaml')" 'web.yaml:1:21'

[ $failures -eq 0 ] || { cat log; exit 1; }
