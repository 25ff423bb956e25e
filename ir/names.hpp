// SPDX-License-Identifier: Apache-2.0
//
// Names of actors. Names of a model are arbitrary bytes and never reach generated code, scripts or
// file names; what does is made here.
#pragma once

#include "ir/graph.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A lower-case identifier [a-z][a-z0-9_]* of at most 48 characters made from any bytes: letters
/// and digits stay, runs of anything else become one underscore; `fallback` when nothing is left.
std::string identifier_from(std::string_view name, std::string_view fallback);

/// Makes identifiers unique by numbers at their end. Keywords of C++ and SystemVerilog and Tcl's
/// special words get a number, too.
class UniqueNames {
  public:
    std::string add(const std::string& wanted);

  private:
    std::vector<std::string> taken_;
};

/// One unique identifier for each node of an integer-level graph, in node order: the names of the
/// actors in plans, reports and generated code. Depends on the graph only.
std::vector<std::string> actor_names(const Graph& body);

} // namespace millrace
