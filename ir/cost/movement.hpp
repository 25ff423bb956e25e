// SPDX-License-Identifier: Apache-2.0
//
// Actors that only nodes of graphs have.
#pragma once

#include "ir/cost.hpp"

namespace millrace {

/// ops::PadUnit on `lanes` lanes.
struct PadCircuit {
    std::int64_t lanes = 1;
    std::int64_t folds = 1;
    ElementFormat input;
    ElementFormat output;
    std::int64_t rows = 1;    ///< of the result
    std::int64_t columns = 1; ///< of the result
    bool pads_rows = true;
    bool pads_columns = true;
    bool shared = true; ///< one value for all channels
};
Cost pad_cost(const PadCircuit& circuit, Family family);

/// ops::ConcatUnit: `words` of each input in a vector, their formats.
Cost concat_cost(const std::vector<std::int64_t>& words, const std::vector<ElementFormat>& inputs,
                 const ElementFormat& output, std::int64_t lanes, Family family);

/// ops::AddJoin, ops::MulJoin on `pe` lanes of `folds` words.
Cost add_join_cost(const ops::AddJoin& op, const ElementFormat& a, const ElementFormat& b,
                   std::int64_t pe, std::int64_t folds, Family family);
Cost mul_join_cost(const ops::MulJoin& op, const ElementFormat& a, const ElementFormat& b,
                   std::int64_t pe, std::int64_t folds, Family family);

/// ops::TopKUnit over vectors of `elements`.
Cost top_k_cost(const ops::TopKUnit& op, const ElementFormat& input, int index_bits,
                std::int64_t elements, std::int64_t pe, Family family);

/// ops::MemoryToStream and ops::StreamToMemory.
struct MoverCircuit {
    std::int64_t memory_bits = 64;
    ElementFormat element;
    std::int64_t lanes = 1;
    std::int64_t elements = 1; ///< of a frame
};
Cost memory_to_stream_cost(const MoverCircuit& circuit, Family family);
Cost stream_to_memory_cost(const MoverCircuit& circuit, Family family);

} // namespace millrace
