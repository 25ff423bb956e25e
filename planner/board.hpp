// SPDX-License-Identifier: Apache-2.0
//
// Board descriptions (docs/boards.md): those of boards/, which the compiler carries, and files of a
// user's own.
#pragma once

#include "ir/board.hpp"
#include "ir/diagnostics.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::planner {

/// Names of the boards that the compiler knows, in ascending order.
std::vector<std::string> board_names();

/// One of them; none for an unknown name.
std::optional<Board> known_board(std::string_view name);

/// Reads a board's description; `name` is what the board will be called, `file` stands in the
/// diagnostics. Reports bad_board for everything that is wrong, and returns nothing then.
std::optional<Board> read_board(std::string_view toml, const std::string& name,
                                const std::string& file, Diagnostics& diagnostics);

} // namespace millrace::planner
