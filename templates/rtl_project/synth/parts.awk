# SPDX-License-Identifier: Apache-2.0
#
# parts.awk: cuts a design into parts that are synthesised by themselves, and writes for each
# WORK/NAME/part.sv (all modules it needs, without comments), part.ys (how it is elaborated) and
# part.mem (lines "N.mem FILE": FILE of weights/ has to be there under the name N.mem).
#
#   awk -f parts.awk -v work=WORK -v kernel=KERNEL -v only=WHAT \
#       rtl/lib/*.sv rtl/actors/*.sv rtl/KERNEL_network.sv rtl/KERNEL.sv
#
# WHAT: "parts" (each actor of the network, each distinct instance of a library module in the
# network and in the kernel: queues, movers, control), "whole" (one part: the kernel, with the
# network flattened in a module of its own) or "all". Standard output has a line for each part:
#   NAME KIND MODULE COUNT
# NAME is the actor's, or that of the first instance ("kernel." before those of the kernel), or
# "whole-design", so that no two are the same.
# Equal parts have equal texts wherever they come from: actors are renamed to "part", files of
# weights are numbered. What was read into part.sv and part.ys is all that their synthesis sees, so
# their hash can stand for the result.
#
# The texts are those of the emitter: a module a file, instances of the library as
# "  mr_NAME #(", a line ".PARAMETER(VALUE)" each, "  ) instance (", actors as
# "  MODULE actor_NAME (".

FNR == 1 {
  file = FILENAME
  sub(/.*\//, "", file)
  sub(/\.sv$/, "", file)
  text[file] = ""
  order[++files] = file
  if (FILENAME ~ /\/lib\//) library[file] = 1
  network = kernel "_network"
}

{
  line = $0
  sub(/[ \t]*\/\/.*/, "", line)
  if (line ~ /^[ \t]*$/) next
  text[file] = text[file] line "\n"
  # What it instantiates; the library's names stand for nothing else.
  rest = line
  while (match(rest, /mr_[a-z0-9_]+/)) {
    name = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    if (name != file) uses[file] = uses[file] " " name
  }
}

# What only simulations have.
line ~ /^`ifdef MILLRACE_PROBES/ { hidden = 1 }
line ~ /^`(else|endif)/ { hidden = 0 }

(file == kernel || file == network) && !hidden {
  if (line ~ /^  mr_[a-z0-9_]+ #\($/) {
    module = $1
    parameters = ""
  } else if (module != "" && line ~ /^      \.[A-Z0-9_]+\([^()]*\),?$/) {
    value = line
    gsub(/[ .),]/, "", value)
    sub(/\(/, " ", value)
    parameters = parameters " -chparam " value
  } else if (module != "" && line ~ /^  \) [A-Za-z0-9_]+ \($/) {
    if (module in library) add_instance(module, parameters, (file == kernel ? "kernel." : "") $2)
    module = ""
  } else if (line ~ /^  [A-Za-z0-9_]+ actor_[A-Za-z0-9_]+ \($/) {
    add_part(substr($2, 7), "actor", $1, "", $1)
  }
}

function add_instance(module, parameters, instance, kind) {
  kind = module == "mr_fifo" ? "queue" : module == "mr_control" ? "control" : "mover"
  if ((module, parameters) in part_of) {
    ++count[part_of[module, parameters]]
    return
  }
  part_of[module, parameters] = parts + 1
  add_part(instance, kind, module, parameters, module)
}

function add_part(name, kind, module, parameters, top) {
  ++parts
  part_name[parts] = name
  part_kind[parts] = kind
  part_module[parts] = module
  part_parameters[parts] = parameters
  count[parts] = 1
}

# Adds a module of the library and what it needs to the text in `collected`.
function collect(module, names, n, i) {
  if (module in taken || !(module in library)) return
  taken[module] = 1
  collected = collected text[module]
  n = split(uses[module], names, " ")
  for (i = 1; i <= n; ++i) collect(names[i])
}

# The text of a module of the project, with its files of weights numbered.
function numbered(module, from, to, name) {
  from = text[module]
  to = ""
  while (match(from, /INIT\("[^"]*"\)/)) {
    name = substr(from, RSTART + 6, RLENGTH - 8)
    to = to substr(from, 1, RSTART - 1) "INIT(\"" memories ".mem\")"
    from = substr(from, RSTART + RLENGTH)
    memory_list = memory_list memories++ ".mem " name "\n"
  }
  return to from
}

function begin_part() {
  split("", taken)
  collected = ""
  memory_list = ""
  memories = 0
}

function collect_uses_of(module, names, n, i) {
  n = split(uses[module], names, " ")
  for (i = 1; i <= n; ++i) collect(names[i])
}

function write_part(name, top, script) {
  system("mkdir -p '" work "/" name "'")
  printf "%s%s", top, collected > (work "/" name "/part.sv")
  close(work "/" name "/part.sv")
  printf "%s", script > (work "/" name "/part.ys")
  close(work "/" name "/part.ys")
  printf "%s", memory_list > (work "/" name "/part.mem")
  close(work "/" name "/part.mem")
}

function emit_part(p, module, unit, units, top, script) {
  begin_part()
  module = part_module[p]
  unit = module
  top = ""
  script = "hierarchy -check -top " module part_parameters[p] "\n"
  if (part_kind[p] == "actor") {
    if (!(module in text)) {
      print "there is no " module ".sv" > "/dev/stderr"
      exit 1
    }
    top = numbered(module)
    sub("module " module " ", "module part ", top)
    script = "hierarchy -check -top part\n"
    split(uses[module], units, " ")
    unit = units[1]
    collect_uses_of(module)
  } else {
    collect(module)
  }
  write_part(part_name[p], top, script)
  print part_name[p], part_kind[p], unit, count[p]
}

END {
  if (parts == 0) {
    print "no actors in " network ".sv" > "/dev/stderr"
    exit 1
  }
  # Actors first.
  for (turn = 1; turn <= 2 && only != "whole"; ++turn) {
    for (p = 1; p <= parts; ++p) if ((part_kind[p] == "actor") == (turn == 1)) emit_part(p)
  }
  if (only != "parts") {
    begin_part()
    top = ""
    for (f = 1; f <= files; ++f) {
      if (order[f] in library) continue
      top = top numbered(order[f])
      collect_uses_of(order[f])
    }
    # The network stays a module of its own, to be counted by itself.
    write_part("whole-design", top, "hierarchy -check -top " kernel "\n" \
               "setattr -mod -set keep_hierarchy 1 " network "\n")
    print "whole-design whole " kernel " 1"
  }
}
