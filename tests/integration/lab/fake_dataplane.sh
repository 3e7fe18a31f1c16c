#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Plays weft-dataplane for the lab: reads its socket's path from the configuration, says that it is ready, and
# ends on SIGTERM. Fails where a real one could not work.
set -e
socket=$(sed -n 's/^socket: //p' "$1")
test -e /sys/class/net/eth0
test "$(ls /sys/class/net)" = "eth0
lo"
echo "weft-dataplane: ready on $socket" >&2
exec sleep 1000
