# SPDX-License-Identifier: BSD-3-Clause
# For stories of alerts in a lab: a Prometheus of the test's own with the rules as they are shipped, and what is asked of it. To be read
# with `.`, in a folder of the story's own; $lab is weft-lab, $rules the folder of the rules. The limit of every wait is that of the whole test.
prometheus_at=127.0.0.1:9790

# start_prometheus HOSTS: scrapes an exporter of the fabric on port 9791, and those of HOSTS, `"ADDRESS:PORT", ...`.
start_prometheus() {
    cat >prometheus.yml <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$rules/*.rules.yml"]
scrape_configs:
  - {job_name: weft-fabric, static_configs: [{targets: ["127.0.0.1:9791"]}]}
  - {job_name: weft-hosts, static_configs: [{targets: [$1]}]}
END
    prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=$prometheus_at --log.level=warn 2>prometheus.log &
}

# The values of an expression, as `{labels} value`; nothing while Prometheus has none.
ask() {
    curl -s --get --data-urlencode "query=$1" "http://$prometheus_at/api/v1/query" |
        grep -o "\"metric\":{[^}]*},\"value\":\[[^]]*" || :
}

# Waits until the expression has a value.
await() {
    echo "awaiting $1"
    while [ -z "$(ask "$1")" ]; do "$lab" exec host0 -- true; done # which takes a moment
}

expect_none() {
    found=$(ask "$1")
    [ -z "$found" ] || { echo "not expected: $found"; exit 1; }
}

# These alone have fired so far: `NAME|NAME...`.
expect_only() {
    expect_none "count_over_time(ALERTS{alertstate=\"firing\",alertname!~\"$1\"}[10m])"
}
