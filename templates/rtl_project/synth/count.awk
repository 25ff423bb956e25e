# SPDX-License-Identifier: Apache-2.0
#
# count.awk: the cells of a mapped netlist (Yosys's write_blif, Xilinx primitives). For each module
# of the netlist a line: MODULE, then KEY=NUMBER:
#   lut         LUT1 to LUT6
#   lut_packed  lookup tables that hold them, two in one where they can share it (below)
#   lut_memory  lookup tables that are memory (RAM32M takes 4, ...) or shift registers
#   inv         inverters; a LUT or flip-flop takes them in
#   ff carry4 carry8 muxf bram18 bram36 uram dsp
#   other       cells that are none of these
#
# Packing is an estimate: a LUT6 has two outputs, so two functions of at most 5 different inputs in
# all fit into one. Pairs are sought greedily, functions with the most inputs first, each with the
# one that shares the most inputs with it; then functions without common inputs by their numbers
# (3 and 2, 4 and 1, ...). Place and route knows more (what must be near what), so it pairs less of
# the latter; it also moves inverters and constants, so it may pair more.
#
# Net names are without blanks in BLIF. $false, $true and $undef are no inputs. -v inner=MODULE: a
# module of the design, which counts where it stands, not where it is used.

BEGIN {
  tables["RAM32M"] = 4; tables["RAM64M"] = 4; tables["RAM32M16"] = 8; tables["RAM64M8"] = 8
  tables["RAM32X1S"] = 1; tables["RAM64X1S"] = 1; tables["RAM128X1S"] = 2
  tables["RAM256X1S"] = 4; tables["RAM512X1S"] = 8
  tables["RAM32X1D"] = 2; tables["RAM64X1D"] = 2; tables["RAM128X1D"] = 4; tables["RAM256X1D"] = 8
  tables["SRL16E"] = 1; tables["SRLC16E"] = 1; tables["SRLC32E"] = 1
  candidates_of_a_net = 100 # of nets with more readers only the next so many are looked at
  keys = "lut lut_packed lut_memory inv ff carry4 carry8 muxf bram18 bram36 uram dsp other"
  key_count = split(keys, key, " ")
}

$1 == ".model" { finish(); model = $2 }

$1 == ".subckt" || $1 == ".gate" {
  type = $2
  if (type ~ /^LUT[1-6]$/) {
    ++cells["lut"]
    add_table()
  } else if (type == "INV") ++cells["inv"]
  else if (type in tables) cells["lut_memory"] += tables[type]
  else if (type ~ /^(FD|LD)[CPRS]E(_1)?$/) ++cells["ff"]
  else if (type == "CARRY4") ++cells["carry4"]
  else if (type == "CARRY8") ++cells["carry8"]
  else if (type ~ /^MUXF[789]$/) ++cells["muxf"]
  else if (type ~ /^RAMB18E/) ++cells["bram18"]
  else if (type ~ /^RAMB36E/) ++cells["bram36"]
  else if (type ~ /^URAM288/) ++cells["uram"]
  else if (type ~ /^DSP48E/) ++cells["dsp"]
  else if (type != "GND" && type != "VCC" && type != inner) {
    ++cells["other"]
    others[type] = 1
  }
}

END { finish() }

# A LUT with its different inputs.
function add_table(f, at, pin, net, n, seen) {
  split("", seen)
  n = 0
  for (f = 3; f <= NF; ++f) {
    at = index($f, "=")
    pin = substr($f, 1, at - 1)
    net = substr($f, at + 1)
    if (pin !~ /^I[0-5]$/ || net == "$false" || net == "$true" || net == "$undef" || net in seen) {
      continue
    }
    seen[net] = 1
    ++n
    inputs[luts + 1, n] = net
  }
  ++luts
  size[luts] = n
  if (n == 6) {
    ++cells["lut_packed"]
    return
  }
  for (f = 1; f <= n; ++f) {
    net = inputs[luts, f]
    reader[net, ++readers[net]] = luts
  }
}

# The best partner for a LUT, 0 if none shares an input and fits.
function partner(lut, i, net, r, seen_here, other, shared, best, best_shared) {
  split("", share)
  best = 0
  best_shared = 0
  for (i = 1; i <= size[lut]; ++i) {
    net = inputs[lut, i]
    while (first[net] < readers[net] && paired[reader[net, first[net] + 1]]) ++first[net]
    seen_here = 0
    for (r = first[net] + 1; r <= readers[net] && seen_here < candidates_of_a_net; ++r) {
      other = reader[net, r]
      if (other == lut || paired[other]) continue
      ++seen_here
      shared = ++share[other]
      if (size[lut] + size[other] - shared <= 5 && shared > best_shared) {
        best = other
        best_shared = shared
      }
    }
  }
  return best
}

function pack(n, lut, other, s, alone, pairs, small) {
  for (n = 5; n >= 1; --n) {
    for (lut = 1; lut <= luts; ++lut) {
      if (size[lut] != n || paired[lut]) continue
      other = partner(lut)
      if (other) {
        paired[lut] = paired[other] = 1
        ++pairs
      }
    }
  }
  for (n = 0; n <= 5; ++n) alone[n] = 0
  for (lut = 1; lut <= luts; ++lut) if (size[lut] < 6 && !paired[lut]) ++alone[size[lut]]
  small = alone[0] + alone[1] # a constant counts as a function of one input
  s = least(alone[3], alone[2])
  pairs += s; alone[3] -= s; alone[2] -= s
  s = least(alone[4], small)
  pairs += s; alone[4] -= s; small -= s
  s = least(alone[3], small)
  pairs += s; alone[3] -= s; small -= s
  s = alone[2] + small
  cells["lut_packed"] += pairs + alone[5] + alone[4] + alone[3] + (s + s % 2) / 2
}

function least(a, b) { return a < b ? a : b }

function finish(k) {
  if (model != "") {
    pack()
    printf "%s", model
    for (k = 1; k <= key_count; ++k) printf " %s=%d", key[k], cells[key[k]]
    for (k in others) printf " unknown=%s", k
    printf "\n"
  }
  split("", cells); split("", inputs); split("", size); split("", reader); split("", readers)
  split("", first); split("", paired); split("", others)
  luts = 0
}
