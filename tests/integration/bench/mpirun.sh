#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# As on a cluster: mpirun starts one weft-bench for each rank, beside the dataplanes of a lab that weft-bench is not told of.
# usage: mpirun.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
command -v mpirun >/dev/null || { echo "needs mpirun (Debian: openmpi-bin)"; exit 77; }

scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
printf '%s\n' 10.1.0.1 10.1.0.2 10.2.0.1 10.2.0.2 >ranks.txt

# Each rank attaches to the dataplane of its own host.
cat >rank.sh <<'END'
export WEFT_SOCKET=/run/weft-lab/host$OMPI_COMM_WORLD_RANK.sock
exec "$bench" "$@" --hosts ranks.txt -n 3 --check -j
END
story='
set -eu
unset WEFT_LAB_SOCKET
for collective in all_reduce all_to_all; do
    mpirun -n 4 sh rank.sh $collective -b 256K >output
    cat output
    [ "$(grep -c "\"verified\":true" output)" = 1 ]
done
'
export bench OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated \
    OMPI_MCA_rmaps_base_oversubscribe=1
"$lab" run 2x2x2 --rate 100M --dataplane "$dataplane" -- sh -c "$story"
