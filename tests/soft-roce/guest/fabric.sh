# SPDX-License-Identifier: BSD-3-Clause
# A leaf-spine fabric: routers are network namespaces, hosts are devices here. Names and addresses as in the lab.
leaves=2 spines=2 hosts_per_leaf=1

router() {
    ip netns add "$1"
    ip -n "$1" link set lo up
    ip netns exec "$1" sh -c 'cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 1 >fib_multipath_hash_policy
        echo 0 >icmp_ratelimit; echo 0 >conf/all/rp_filter; echo 0 >conf/default/rp_filter
        echo 0 >conf/all/send_redirects; echo 0 >conf/default/send_redirects'
}

# uplink LEAF SPINE: their link, and the spine's route to the leaf
uplink() {
    local net=10.100.$(($1 * 16 + $2))
    ip link add "up$2" mtu 4200 netns "leaf$1" type veth peer name "down$1" mtu 4200 netns "spine$2"
    ip -n "leaf$1" address add "$net.1/24" dev "up$2"
    ip -n "spine$2" address add "$net.2/24" dev "down$1"
    ip -n "leaf$1" link set "up$2" up
    ip -n "spine$2" link set "down$1" up
    ip -n "spine$2" route add "10.$(($1 + 1)).0.0/16" via "$net.1"
}

# leaf_routes LEAF: to every other leaf over all spines
leaf_routes() {
    local other spine hops
    for ((other = 0; other < leaves; other++)); do
        [ "$other" -ne "$1" ] || continue
        hops=()
        for ((spine = 0; spine < spines; spine++)); do
            hops+=(nexthop via "10.100.$(($1 * 16 + spine)).2")
        done
        ip -n "leaf$1" route add "10.$((other + 1)).0.0/16" "${hops[@]}"
    done
}

gateway_ethernet() { printf '02:00:00:01:00:%02x' "$1"; }

host_address() { echo "10.$(($1 / hosts_per_leaf + 1)).0.$(($1 % hosts_per_leaf + 1))"; }

# address_host RANK: its interface's address, and the way from there
address_host() {
    local leaf=$(($1 / hosts_per_leaf))
    ip address add "$(host_address "$1")/32" dev "host$1"
    ip neighbour replace "10.$((leaf + 1)).0.254" lladdr "$(gateway_ethernet "$leaf")" dev "host$1" nud permanent
    ip route add 10.0.0.0/8 via "10.$((leaf + 1)).0.254" dev "host$1" onlink metric "$((100 + $1))"
}

# attach_host RANK: its device here, its port on the leaf's bridge
attach_host() {
    local leaf=$(($1 / hosts_per_leaf)) address
    address=$(host_address "$1")
    local ethernet
    ethernet=$(printf '02:00:00:00:00:%02x' "$1")
    ip link add "host$1" mtu 4200 address "$ethernet" type veth peer name "host$1" mtu 4200 netns "leaf$leaf"
    ip -n "leaf$leaf" link set "host$1" master bridge
    ip -n "leaf$leaf" link set "host$1" up
    ip -n "leaf$leaf" neighbour replace "$address" lladdr "$ethernet" dev bridge nud permanent
    ip link set "host$1" up
    ethtool -K "host$1" tx off >/dev/null
    address_host "$1"
    add_device "$1" "host$1" "$address"
}

make_fabric() {
    local leaf spine rank
    echo 1000000 >/proc/sys/net/ipv4/icmp_msgs_per_sec
    for ((spine = 0; spine < spines; spine++)); do router "spine$spine"; done
    for ((leaf = 0; leaf < leaves; leaf++)); do
        router "leaf$leaf"
        ip -n "leaf$leaf" link add bridge mtu 4200 address "$(gateway_ethernet "$leaf")" type bridge
        ip -n "leaf$leaf" address add "10.$((leaf + 1)).0.254/24" dev bridge
        ip -n "leaf$leaf" link set bridge up
        for ((spine = 0; spine < spines; spine++)); do uplink "$leaf" "$spine"; done
    done
    for ((leaf = 0; leaf < leaves; leaf++)); do leaf_routes "$leaf"; done
    for ((rank = 0; rank < leaves * hosts_per_leaf; rank++)); do attach_host "$rank"; done
}

start_all() {
    local rank
    for ((rank = 0; rank < leaves * hosts_per_leaf; rank++)); do
        start_dataplane "$rank" "$(gateway_ethernet $((rank / hosts_per_leaf)))" "${1:-}"
    done
    all_ready "${!addresses[@]}"
}

# uplink_bytes LEAF SPINE: sent so far
uplink_bytes() { ip netns exec "leaf$1" cat "/sys/class/net/up$2/statistics/tx_bytes"; }

# even RATIO-OF NUMBER NUMBER: the larger over their mean is at most 1.05
even() {
    awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN {most = a > b ? a : b; ratio = a + b ? 2 * most / (a + b) : 0
         printf "      %s: %d and %d bytes: %.3f\n", what, a, b, ratio; exit ratio == 0 || ratio > 1.05}'
}

# even_uplinks LEAF: what they have sent since `before`, two numbers a leaf
even_uplinks() {
    even "uplinks of leaf $1" "$(($(uplink_bytes "$1" 0) - ${before[$1 * 2]}))" "$(($(uplink_bytes "$1" 1) - ${before[$1 * 2 + 1]}))"
}
