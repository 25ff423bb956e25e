// SPDX-License-Identifier: Apache-2.0
//
// The names that FINN gives the nodes of its dataflow graphs, and what they are here.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::planner::finn {

enum class Family : std::uint8_t { matrix, depthwise, function, top_k, made_here, unknown };

/// Prefixes of FINN's node names, before _hls, _rtl, _Batch and the number.
inline constexpr std::array families_of_finn{
    std::pair{std::string_view("MVAU"), Family::matrix},
    std::pair{std::string_view("MatrixVectorActivation"), Family::matrix},
    std::pair{std::string_view("StreamingFCLayer"), Family::matrix},
    std::pair{std::string_view("VVAU"), Family::depthwise},
    std::pair{std::string_view("VectorVectorActivation"), Family::depthwise},
    std::pair{std::string_view("Vector_Vector_Activate"), Family::depthwise},
    std::pair{std::string_view("Thresholding"), Family::function},
    std::pair{std::string_view("ChannelwiseOp"), Family::function},
    std::pair{std::string_view("Elementwise"), Family::function},
    std::pair{std::string_view("LabelSelect"), Family::top_k},
    std::pair{std::string_view("StreamingDataWidthConverter"), Family::made_here},
    std::pair{std::string_view("StreamingFIFO"), Family::made_here},
    std::pair{std::string_view("DuplicateStreams"), Family::made_here},
    std::pair{std::string_view("ConvolutionInputGenerator"), Family::made_here},
    std::pair{std::string_view("FMPadding"), Family::made_here},
    std::pair{std::string_view("DownSampler"), Family::made_here},
    std::pair{std::string_view("UpsampleNearestNeighbour"), Family::made_here},
    std::pair{std::string_view("StreamingMaxPool"), Family::made_here},
    std::pair{std::string_view("Pool"), Family::made_here},
    std::pair{std::string_view("GlobalAccPool"), Family::made_here},
    std::pair{std::string_view("AddStreams"), Family::made_here},
    std::pair{std::string_view("StreamingEltwise"), Family::made_here},
    std::pair{std::string_view("StreamingConcat"), Family::made_here},
    std::pair{std::string_view("StreamingSplit"), Family::made_here},
    std::pair{std::string_view("IODMA"), Family::made_here},
    std::pair{std::string_view("TLastMarker"), Family::made_here},
};

struct Entry {
    std::string name;
    const nlohmann::ordered_json* keys = nullptr;
    std::string stem; ///< the name without its number
    std::int64_t number = -1;
};

/// Splits "MVAU_hls_3" into the family, the stem "MVAU_hls" and 3.
Family family_of(Entry& entry);

} // namespace millrace::planner::finn
