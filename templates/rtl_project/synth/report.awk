# SPDX-License-Identifier: Apache-2.0
#
# report.awk: the results of all parts (list, and WORK/NAME/result of each) as a table on standard
# output and as JSON in the file `json`:
#
#   {"format": 1, "kernel", "family", "tool", "jobs", "seconds", "runs", "from_cache",
#    "parts": [{"name", "kind", "module", "count", CELLS, EFFORT}], "total": {CELLS},
#    "whole": null or {"network": {CELLS}, "kernel": {CELLS}, EFFORT}}
#
# CELLS are the counts of count.awk, EFFORT is "seconds", "cpu_seconds", "cached". `count` parts are
# equal, with the cells of one. The total is the sum over all parts, null if there are none. Names
# are identifiers, so nothing needs escaping.

BEGIN {
  key_count = split("lut lut_packed lut_memory inv ff carry4 carry8 muxf bram18 bram36 uram dsp" \
                    " other", keys, " ")
  column_count = split("lut lut_packed lut_memory ff carry bram18 bram36 uram dsp", columns, " ")
  split("LUT packed LUTRAM FF CARRY BRAM18 BRAM36 URAM DSP", titles, " ")
}

{
  read_result($1)
  ++runs
  from_cache += cached
  if ($2 == "whole") {
    wholes = 1
    whole_effort = effort()
    for (k = 1; k <= key_count; ++k) {
      whole_network[keys[k]] = number[kernel "_network", keys[k]] + 0
      for (m = 1; m <= models; ++m) whole_kernel[keys[k]] += number[model[m], keys[k]]
    }
    next
  }
  ++parts
  for (k = 1; k <= key_count; ++k) {
    cell[keys[k]] = number[model[1], keys[k]] + 0
    total[keys[k]] += $4 * cell[keys[k]]
  }
  list = list (list == "" ? "" : ",") "\n  {\"name\": \"" $1 "\", \"kind\": \"" $2 "\", \"module\": \"" \
         $3 "\", \"count\": " $4 ", " cells(cell) ", " effort() "}"
  row($1, $4 > 1 ? $3 " x " $4 : $3, cell)
}

# A part's result: number[MODULE OF THE NETLIST or "", KEY], model[], models, cached.
function read_result(name, file, line, words, n, w, at, owner) {
  split("", number)
  models = 0
  file = work "/" name "/result"
  while ((getline line < file) > 0) {
    n = split(line, words, " ")
    owner = words[1] ~ /=/ ? "" : words[1]
    if (owner != "") model[++models] = owner
    for (w = owner == "" ? 1 : 2; w <= n; ++w) {
      at = index(words[w], "=")
      number[owner, substr(words[w], 1, at - 1)] = substr(words[w], at + 1)
    }
  }
  close(file)
  file = work "/" name "/cached"
  cached = (getline line < file) >= 0 ? 1 : 0
  close(file)
}

function effort() {
  return sprintf("\"seconds\": %d, \"cpu_seconds\": %.2f, \"cached\": %s", number["", "seconds"],
                 number["", "cpu_seconds"], cached ? "true" : "false")
}

function cells(values, k, text) {
  for (k = 1; k <= key_count; ++k) {
    text = text (k > 1 ? ", " : "") "\"" keys[k] "\": " (values[keys[k]] + 0)
  }
  return text
}

function row(name, module, values, c) {
  ++rows
  table[rows, 1] = name
  table[rows, 2] = module
  for (c = 1; c <= column_count; ++c) table[rows, c + 2] = values[columns[c]] + 0
  table[rows, 7] = values["carry4"] + values["carry8"] + 0
}

function print_table(c, r, width, line) {
  for (c = 1; c <= column_count + 2; ++c) {
    table[0, c] = c == 1 ? "part" : c == 2 ? "module" : titles[c - 2]
    for (r = 0; r <= rows; ++r) if (length(table[r, c]) > width[c]) width[c] = length(table[r, c])
  }
  for (r = 0; r <= rows; ++r) {
    line = ""
    for (c = 1; c <= column_count + 2; ++c) {
      line = line sprintf(c <= 2 ? "%-" width[c] "s  " : "%" width[c] "s  ", table[r, c])
    }
    sub(/ *$/, "", line)
    print line
  }
}

END {
  if (parts > 0) row("all parts", "", total)
  if (wholes) {
    row("whole network", "", whole_network)
    row("whole kernel", "", whole_kernel)
  }
  print_table()
  printf "%s, %s: %d of %d results from the cache, %d s\n", tool, family, from_cache, runs, seconds
  print "LUT: LUT1 to LUT6. packed: two in one where that fits, an estimate. LUTRAM: LUTs as memory."
  printf "{\"format\": 1, \"kernel\": \"%s\", \"family\": \"%s\", \"tool\": \"%s\",\n", kernel, family,
         tool > json
  printf " \"jobs\": %d, \"seconds\": %d, \"runs\": %d, \"from_cache\": %d,\n", jobs, seconds, runs,
         from_cache > json
  print " \"parts\": [" list (parts > 0 ? "\n " : "") "]," > json
  print " \"total\": " (parts > 0 ? "{" cells(total) "}" : "null") "," > json
  if (wholes) {
    print " \"whole\": {\"network\": {" cells(whole_network) "},\n  \"kernel\": {" \
          cells(whole_kernel) "},\n  " whole_effort "}}" > json
  } else {
    print " \"whole\": null}" > json
  }
}
