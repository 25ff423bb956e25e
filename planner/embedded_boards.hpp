// SPDX-License-Identifier: Apache-2.0
//
// The board descriptions of boards/ as they were when the compiler was built. The definitions are
// generated (cmake/embed.cmake); a board's name is its file name without ".toml".
#pragma once

#include <span>
#include <string_view>

namespace millrace::planner {

/// Every name that embedded_board() knows, in ascending order.
std::span<const std::string_view> embedded_board_names();

/// The TOML text of one board. It lives as long as the program.
/// Throws std::out_of_range naming the board when there is none of that name.
std::string_view embedded_board(std::string_view name);

} // namespace millrace::planner
