// SPDX-License-Identifier: Apache-2.0
//
// All actors. A generated top includes this file first.
#ifndef MILLRACE_HPP
#define MILLRACE_HPP

#include "axis.hpp"
#include "concat.hpp"
#include "depthwise.hpp"
#include "dynamic_matrix.hpp"
#include "fork.hpp"
#include "join.hpp"
#include "map_breakpoints.hpp"
#include "map_identity.hpp"
#include "map_scale.hpp"
#include "map_shift.hpp"
#include "map_table.hpp"
#include "map_thresholds.hpp"
#include "matrix_vector.hpp"
#include "memory.hpp"
#include "pad.hpp"
#include "parallel_window.hpp"
#include "rearrange.hpp"
#include "reduce.hpp"
#include "top_k.hpp"
#include "width_converter.hpp"

#ifndef __SYNTHESIS__
#include "parameter_file.hpp"
#endif

#endif // MILLRACE_HPP
