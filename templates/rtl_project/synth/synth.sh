#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# synth.sh [--family xc7|xcup] [--jobs N] [--cache FOLDER] [--whole | --only-whole]: what the
# design takes of a device, by Yosys: each actor, each distinct queue, movers and control by
# themselves, and with --whole the design as one (--only-whole: nothing else). Needs a POSIX shell
# and tools, xargs with -P, sha256sum, and Yosys (or YOSYS=its path).
#
# Results: build/synth/results.json and a table on standard output; build/synth/parts has a folder
# for each part with what Yosys read, its log and its netlist. Exit code: 0 done, 1 failed.
#
# The cache (default build/synth/cache) holds results by the hash of everything that they depend
# on: the sources of the part without comments, its weights, the commands for Yosys and its version,
# how cells are counted. An entry ends with the hash of its own text; damaged ones are computed
# again.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
yosys=${YOSYS:-yosys}

fail() {
  echo "error: $*" >&2
  exit 1
}

hash_of() { sha256sum < "$1" | cut -d ' ' -f 1; }

# One part, as `synth.sh --part FOLDER` in the environment that the end of this script makes: its
# result in FOLDER/result.
if [ "${1:-}" = --part ]; then
  cd "$2"
  started=$(date +%s)
  if ! "$yosys" -q -l yosys.log -s run.ys > /dev/null 2> errors; then
    grep -h '^ERROR' errors yosys.log 2> /dev/null | head -n 1 > failed
    [ -s failed ] || tail -n 3 errors > failed
    exit 0 # the other parts go on; the end of this script tells
  fi
  seconds=$(($(date +%s) - started))
  cpu_seconds=$(sed -n 's/.*CPU: user \([0-9.]*\)s.*/\1/p' yosys.log | tail -n 1)
  {
    echo "seconds=$seconds cpu_seconds=$cpu_seconds"
    awk -v inner="$SYNTH_NETWORK" -f "$SYNTH_SCRIPTS/count.awk" netlist.blif
    if [ -e netlist.il ]; then
      echo "netlist=$(hash_of netlist.il)"
    fi
  } > result.new
  echo "sha256=$(hash_of result.new)" >> result.new
  entry=$SYNTH_CACHE/$(cat key)
  # Renamed when whole, the result last: nobody ever sees half an entry.
  if [ -e netlist.il ]; then
    cp netlist.il "$entry.il.$$"
    mv -f "$entry.il.$$" "$entry.il"
  fi
  cp result.new "$entry.$$"
  mv -f "$entry.$$" "$entry"
  mv -f result.new result
  exit 0
fi

manifest() { sed -n "s/^ *\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" millrace.json | head -n 1; }
kernel=$(manifest kernel)
[ -n "$kernel" ] && [ -e "rtl/$kernel.sv" ] ||
  fail "'$PWD' is not a project of Millrace's RTL backend"

family=
jobs=$(nproc 2> /dev/null || echo 1)
cache=build/synth/cache
only=parts
while [ $# -gt 0 ]; do
  case $1 in
    --family | --jobs | --cache)
      [ $# -gt 1 ] || fail "$1 needs a value"
      case $1 in --family) family=$2 ;; --jobs) jobs=$2 ;; --cache) cache=$2 ;; esac
      shift
      ;;
    --whole) only=all ;;
    --only-whole) only=whole ;;
    *) fail "there is no option $1" ;;
  esac
  shift
done
if [ -z "$family" ]; then
  case $(manifest part) in xc7*) family=xc7 ;; *) family=xcup ;; esac
fi
case $family in
  xc7) options= ;;
  xcup) options=-uram ;;
  *) fail "there is no family '$family': xc7 (7 series), xcup (UltraScale+)" ;;
esac
case $jobs in '' | *[!0-9]* | 0*) fail "--jobs $jobs: not a number of jobs" ;; esac
command -v "$yosys" > /dev/null ||
  fail "this needs Yosys (Debian: apt install yosys), or YOSYS=its path"
version=$("$yosys" -V)
began=$(date +%s)

lists=build/synth
work=build/synth/parts
rm -rf "$work" build/synth/results.json
mkdir -p "$work" "$cache" || fail "cannot make $work and $cache"
cache=$(cd "$cache" && pwd)
awk -v work="$work" -v kernel="$kernel" -v only="$only" -f synth/parts.awk \
  rtl/lib/*.sv rtl/actors/*.sv "rtl/${kernel}_network.sv" "rtl/$kernel.sv" > "$lists/list" ||
  fail "the design cannot be cut into parts"

# -nosrl: Yosys to 0.55 makes shift registers with clock enable into SRL16E that are always enabled
# (its issue 6058). -noiopad, -noclkbuf: a part of a larger design.
while read -r name kind module count; do
  folder=$work/$name
  while read -r number file; do
    [ -e "weights/$file" ] || fail "weights/$file is missing"
    ln -s "../../../../weights/$file" "$folder/$number"
  done < "$folder/part.mem"
  {
    echo "read_verilog -sv -defer part.sv"
    cat "$folder/part.ys"
    echo "synth_xilinx -family $family -nosrl $options -flatten -noiopad -noclkbuf"
    echo "check -assert -noinit"
    echo "select -assert-none t:\$*"
    echo "write_blif netlist.blif"
    if [ "$kind" = whole ]; then echo "write_rtlil netlist.il"; fi
  } > "$folder/run.ys"
  {
    echo "$version"
    cat synth/count.awk "$folder/run.ys" "$folder/part.sv"
    while read -r number file; do cat "weights/$file"; done < "$folder/part.mem"
  } | sha256sum | cut -d ' ' -f 1 > "$folder/key"
done < "$lists/list"

# Whether the cache's entry is whole, with its netlist if it has one.
intact() {
  [ -e "$1" ] || return 1
  sed '$d' "$1" > "$lists/entry"
  [ "$(hash_of "$lists/entry")" = "$(sed -n '$s/^sha256=//p' "$1")" ] || return 1
  netlist=$(sed -n 's/^netlist=//p' "$1")
  [ -z "$netlist" ] || { [ -e "$1.il" ] && [ "$(hash_of "$1.il")" = "$netlist" ]; }
}

# Equal parts are synthesised once.
: > "$lists/todo"
: > "$lists/seen"
while read -r name kind module count; do
  key=$(cat "$work/$name/key")
  if intact "$cache/$key"; then
    cp "$cache/$key" "$work/$name/result"
    : > "$work/$name/cached"
  elif ! grep -q "$key" "$lists/seen"; then
    echo "$key" >> "$lists/seen"
    echo "$name" >> "$lists/todo"
  fi
done < "$lists/list"

SYNTH_CACHE=$cache SYNTH_NETWORK=${kernel}_network SYNTH_SCRIPTS=$PWD/synth
export SYNTH_CACHE SYNTH_NETWORK SYNTH_SCRIPTS
if [ -s "$lists/todo" ]; then # xargs would run once for nothing
  sed "s|^|$work/|" "$lists/todo" | xargs -P "$jobs" -n 1 sh synth/synth.sh --part
fi

failed=0
while read -r name kind module count; do
  folder=$work/$name
  if [ -s "$folder/failed" ]; then
    echo "error: synthesis of $name ($module) failed: $(head -n 1 "$folder/failed");" \
      "log: $folder/yosys.log" >&2
    failed=1
  elif [ ! -e "$folder/result" ]; then
    cp "$cache/$(cat "$folder/key")" "$folder/result" 2> /dev/null || failed=1 # an equal part's
  fi
  if [ "$kind" = whole ] && [ -e "$folder/result" ]; then
    ln -sf "$cache/$(cat "$folder/key").il" "$folder/netlist.il"
  fi
done < "$lists/list"
[ $failed = 0 ] || exit 1
awk -v family="$family" -v tool="$version" -v kernel="$kernel" -v jobs="$jobs" -v work="$work" \
  -v seconds="$(($(date +%s) - began))" -v json=build/synth/results.json.new -f synth/report.awk \
  "$lists/list"
mv -f build/synth/results.json.new build/synth/results.json
