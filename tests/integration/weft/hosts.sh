# SPDX-License-Identifier: BSD-3-Clause
# Makes the /proc and /sys of two hosts, of which one has all that weft needs and one nothing; for `weft doctor`.

plant() { # FILE LINE...
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$1"
}

plant_interface() { # ROOT NAME DRIVER MTU
    plant "$1/sys/class/net/$2/operstate" up
    plant "$1/sys/class/net/$2/mtu" "$4"
    mkdir -p "$1/sys/class/net/$2/device" "$1/sys/bus/pci/drivers/$3"
    ln -s "$1/sys/bus/pci/drivers/$3" "$1/sys/class/net/$2/device/driver"
}

plant_good_host() { # ROOT
    plant "$1/proc/sys/kernel/osrelease" 6.1.0-18-amd64
    plant "$1/sys/kernel/btf/vmlinux" BTF
    plant "$1/proc/self/status" 'Name: weft' 'CapEff: 000001ffffffffff'
    plant "$1/proc/meminfo" 'HugePages_Total:     512' 'HugePages_Free:      500' 'Hugepagesize:       2048 kB'
    plant "$1/proc/sys/net/ipv4/ip_forward" 0
    plant "$1/sys/kernel/iommu_groups/0/type" DMA
    plant "$1/sys/bus/pci/drivers/vfio-pci/bind" ''
    plant "$1/sys/class/infiniband/mlx5_0/node_type" '1: CA'
    plant_interface "$1" eth0 ice 3400
    plant "$1/sys/class/net/eth1/operstate" down
}

plant_bad_host() { # ROOT, a router too
    plant "$1/proc/sys/kernel/osrelease" 5.4.0-91-generic
    plant "$1/proc/self/status" 'Name: weft' 'CapEff: 0000000000000000'
    plant "$1/proc/meminfo" 'HugePages_Total:       0' 'HugePages_Free:        0' 'Hugepagesize:       2048 kB'
    plant "$1/proc/sys/net/ipv4/ip_forward" 1
    plant "$1/proc/sys/net/ipv4/fib_multipath_hash_policy" 0
    plant "$1/proc/sys/net/ipv4/icmp_ratelimit" 1000
    plant "$1/proc/sys/net/ipv4/icmp_ratemask" 6168
    plant "$1/proc/sys/net/ipv4/icmp_msgs_per_sec" 1000
    plant_interface "$1" eth0 r8169 3400
    plant_interface "$1" eth1 ice 1500
    plant_interface "$1" eth10 ice 9000
}
