#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The runtime builds for aarch64, where the embedded boards are, without XRT. Exit code 77: no cross
# compiler here.
set -euo pipefail
source_directory=$1
build=$2
if ! command -v aarch64-linux-gnu-g++ >/dev/null; then
    echo "SKIPPED: aarch64-linux-gnu-g++ is not installed"
    exit 77
fi
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S "$source_directory/runtime" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DMILLRACE_XRT=OFF "${launcher[@]}" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror"
cmake --build "$build"
file=$build/millrace-run
[[ $(head -c 20 "$file" | od -An -tx1 -j18 -N1 | tr -d ' ') == b7 ]] || {
    echo "$file is not a program for aarch64"
    exit 1
}
