#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds and runs the actors' benches against the vendor's open ap_types headers, which the Python
# package hls4ml carries, instead of our own. Nothing of the library or the benches changes, only
# the include path. Our ap_axi_sdata.h is used in both cases, the package has none.
#
# Usage: vendor_types.sh [AP_TYPES_DIR]
# Without an argument the package is fetched into a temporary directory. Exits 77 (skipped) where it
# cannot be had.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=$here/../../templates/hls
compiler=${CXX:-g++}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "skipped: $1"
    exit 77
}

if [ $# -ge 1 ]; then
    types=$1
else
    command -v python3 >/dev/null || skip "python3 is not installed"
    python3 -m pip --version >/dev/null 2>&1 || skip "pip is not installed"
    timeout 60 python3 -m pip --disable-pip-version-check --quiet download --no-deps \
        --only-binary :all: --dest "$scratch/package" hls4ml >"$scratch/log" 2>&1 ||
        skip "the package hls4ml cannot be fetched: $(tail -n 1 "$scratch/log")"
    python3 -m zipfile -e "$scratch"/package/hls4ml-*.whl "$scratch/unpacked"
    header=$(find "$scratch/unpacked" -name ap_int.h -path '*ap_types*' | head -n 1)
    [ -n "$header" ] || skip "this version of hls4ml has no ap_types headers"
    types=$(dirname "$header")
fi
[ -f "$types/ap_int.h" ] || skip "there is no ap_int.h in $types"

# The vendor's headers come first; of ours only ap_axi_sdata.h is then ever found.
build() {
    "$compiler" -std=c++17 -O0 -w -DDOCTEST_CONFIG_SUPER_FAST_ASSERTS \
        -isystem "$types" -I "$library" -I "$library/sim" -c "$1" -o "$scratch/$2.o"
}

echo "building against $types"
jobs=()
for name in matrix_vector_test map_test movers_test arithmetic_actors_test window_actors_test; do
    if [ ${#jobs[@]} -ge 2 ]; then
        wait "${jobs[0]}"
        jobs=("${jobs[@]:1}")
    fi
    build "$here/$name.cpp" "$name" &
    jobs+=($!)
done
build "$here/../main.cpp" main
for job in "${jobs[@]}"; do wait "$job"; done
"$compiler" "$scratch"/*.o -o "$scratch/benches"
"$scratch/benches"
