# SPDX-License-Identifier: Apache-2.0
#
# report.awk: the results of all parts (list, and WORK/NAME/result of each) as a table on standard
# output and as JSON in the file `json`:
#
#   {"format": 1, "kernel", "family", "tool", "jobs", "seconds", "runs", "from_cache",
#    "parts": [{"name", "kind", "module", "count", CELLS, "seconds", "cpu_seconds", "cached"}],
#    "total": {CELLS}, "whole": null or {"network": {CELLS}, "kernel": {CELLS}, "seconds", ...}}
#
# CELLS are the counts of count.awk. `count` parts are equal; their cells are of one. The total is
# the sum over all parts, null if there are none. Names are identifiers, so nothing needs escaping.

BEGIN {
  key_count = split("lut lut_packed lut_memory inv ff carry4 carry8 muxf bram18 bram36 uram dsp other", keys, " ")
  column_count = split("lut lut_packed lut_memory ff carry4 bram18 bram36 uram dsp", columns, " ")
  split("LUT packed LUTRAM FF CARRY BRAM18 BRAM36 URAM DSP", titles, " ")
}

{
  name = $1
  result = work "/" name "/result"
  cached = (getline line < (work "/" name "/cached")) >= 0
  close(work "/" name "/cached")
  split("", about)
  models = 0
  while ((getline line < result) > 0) {
    n = split(line, words, " ")
    owner = words[1]
    if (owner ~ /=/) owner = ""
    else model[++models] = owner
    for (w = owner == "" ? 1 : 2; w <= n; ++w) {
      at = index(words[w], "=")
      about[owner, substr(words[w], 1, at - 1)] = substr(words[w], at + 1)
    }
  }
  close(result)
  ++runs
  if (cached) ++from_cache
  effort = sprintf("\"seconds\": %d, \"cpu_seconds\": %.2f, \"cached\": %s", about["", "seconds"],
                   about["", "cpu_seconds"], cached ? "true" : "false")
  if ($2 == "whole") {
    split("", sum)
    for (m = 1; m <= models; ++m) for (k = 1; k <= key_count; ++k) sum[keys[k]] += about[model[m], keys[k]]
    split("", inner)
    for (k = 1; k <= key_count; ++k) inner[keys[k]] = about[kernel "_network", keys[k]]
    whole = "{\"network\": " cells(inner) ", \"kernel\": " cells(sum) ", " effort "}"
    wholes = 1
    for (k = 1; k <= key_count; ++k) {
      whole_network[keys[k]] = inner[keys[k]]
      whole_kernel[keys[k]] = sum[keys[k]]
    }
    next
  }
  ++parts
  for (k = 1; k <= key_count; ++k) {
    cell[keys[k]] = about[model[1], keys[k]] + 0
    total[keys[k]] += $4 * cell[keys[k]]
  }
  text = cells(cell)
  list = list (list == "" ? "" : ",") sprintf("\n  {\"name\": \"%s\", \"kind\": \"%s\", \"module\": \"%s\", \"count\": %d, %s, %s}",
                                              name, $2, $3, $4, substr(text, 2, length(text) - 2), effort)
  row(name, $4 > 1 ? $3 " x " $4 : $3, cell)
}

function cells(values, k, text) {
  for (k = 1; k <= key_count; ++k) text = text (k > 1 ? ", " : "") "\"" keys[k] "\": " (values[keys[k]] + 0)
  return "{" text "}"
}

function row(name, module, values, c) {
  ++rows
  table[rows, 1] = name
  table[rows, 2] = module
  for (c = 1; c <= column_count; ++c) table[rows, c + 2] = values[columns[c]] + 0 + (columns[c] == "carry4" ? values["carry8"] : 0)
}

END {
  if (parts > 0) row("all parts", "", total)
  if (wholes) {
    row("whole network", "", whole_network)
    row("whole kernel", "", whole_kernel)
  }
  for (c = 1; c <= column_count + 2; ++c) {
    table[0, c] = c == 1 ? "part" : c == 2 ? "module" : titles[c - 2]
    for (r = 0; r <= rows; ++r) if (length(table[r, c]) > width[c]) width[c] = length(table[r, c])
  }
  for (r = 0; r <= rows; ++r) {
    line = ""
    for (c = 1; c <= column_count + 2; ++c) line = line sprintf(c <= 2 ? "%-*s  " : "%*s  ", width[c], table[r, c])
    sub(/ *$/, "", line)
    print line
  }
  printf "%s, %s: %d of %d results from the cache, %d s\n", tool, family, from_cache, runs, seconds
  print "LUT: sum of LUT1 to LUT6. packed: LUTs that hold them two by two, an estimate. LUTRAM: LUTs as memory."
  printf "{\"format\": 1, \"kernel\": \"%s\", \"family\": \"%s\", \"tool\": \"%s\", \"jobs\": %d, \"seconds\": %d,\n \"runs\": %d, \"from_cache\": %d,\n \"parts\": [%s],\n \"total\": %s,\n \"whole\": %s}\n",
         kernel, family, tool, jobs, seconds, runs, from_cache, (list == "" ? "" : list "\n "),
         (parts > 0 ? cells(total) : "null"), (wholes ? whole : "null") > json
}
