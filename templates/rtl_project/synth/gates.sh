#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gates.sh [--jobs N]: a project in build/gates whose network is the mapped netlist of the 7 series:
# `make -C build/gates test` simulates it against the golden vectors. The netlist is the one that
# synth.sh --only-whole counts. Its combinational cells become expressions over single bits, so that
# no vector refers to itself; the others are instances of the models in synth/cells.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
yosys=${YOSYS:-yosys}
sh synth/synth.sh --family xc7 --only-whole "$@"
kernel=$(sed -n 's/^ *"kernel": *"\([^"]*\)".*/\1/p' millrace.json | head -n 1)
network=${kernel}_network

gates=build/gates
mkdir -p "$gates/rtl/lib" "$gates/rtl/actors"
rm -f "$gates"/rtl/lib/*
# Links, and the netlist only when it changes: the simulation's build goes by time.
for file in Makefile millrace.json sim weights synth; do
  [ ! -e "$file" ] || ln -sfn "../../$file" "$gates/$file"
done
ln -sf "../../../rtl/$kernel.sv" "$gates/rtl/$kernel.sv"
for file in rtl/lib/*.sv; do ln -sf "../../../../$file" "$gates/$file"; done
for file in synth/cells/*.sv; do ln -sf "../../../../$file" "$gates/rtl/lib/${file##*/}"; done
# Eight times the golden vectors, or as often as a million cycles allow: stalls at the ends of the
# network must last to reach its middle.
number() { sed -n "s/^ *\"$1\": *\([0-9][0-9]*\).*/\1/p" millrace.json | head -n 1; }
cycles=$(($(wc -c < golden/in0.bin) / $(number frame_bytes) * $(number interval_cycles)))
times=$((1000000 / cycles))
if [ $times -gt 8 ]; then times=8; fi
rm -rf "$gates/golden"
mkdir "$gates/golden"
for file in golden/*.bin; do
  cp "$file" "$gates/$file"
  time=1
  while [ $time -lt $times ]; do
    cat "$file" >> "$gates/$file"
    time=$((time + 1))
  done
done
cat > "$gates/netlist.ys" <<YS
read_rtlil build/synth/parts/whole-design/netlist.il
hierarchy -top $network
tee -q -o $gates/wide select -list t:RAMB36E1 r:WRITE_WIDTH_B=72 %i
techmap -autoproc -map synth/cells/combinational.v
clean -purge
select -assert-none t:LUT* t:MUXF* t:CARRY* t:INV
splitnets
write_verilog -noattr $gates/netlist.v
YS
"$yosys" -q -l "$gates/yosys.log" -s "$gates/netlist.ys" > /dev/null || {
  echo "error: the netlist cannot be written; log: $gates/yosys.log" >&2
  exit 1
}
if [ -s "$gates/wide" ]; then
  echo "note: there are block RAMs of 72 bits; Yosys' releases before April 2026 write bits 68 to 71" \
    "of them wrongly (its pull request 5833)" >&2
fi
if ! cmp -s "$gates/netlist.v" "$gates/rtl/$network.sv"; then
  cp "$gates/netlist.v" "$gates/rtl/$network.sv"
fi
