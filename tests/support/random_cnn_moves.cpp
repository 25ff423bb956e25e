// SPDX-License-Identifier: Apache-2.0
//
// Joins of several values, and rearrangements of one.
#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millrace::tests {

// --------------------------------------------------------------------------------------- joins

/// With a value of the same or a broadcast shape, or with another quantization of itself.
std::optional<CnnValue> CnnWriter::join(const CnnValue& x) {
    const std::string op = one_of({"Add", "Add", "Add", "Sub", "Mul", "Sum"});
    CnnValue other = x;
    const CnnValue* found = live_like(x, true);
    const bool fresh_branch = found == nullptr || chance(25);
    if (!fresh_branch) {
        other = *found;
    }
    const int widest = op == "Mul" ? 16 : 12;
    const CnnValue a = chance(60) ? narrow(x) : on_grid(x, widest);
    CnnValue b;
    if (!fresh_branch) {
        b = on_grid(other, widest);
    } else if (auto branch = chance(50) ? conv(x) : std::nullopt) {
        b = branch->shape == x.shape ? on_grid(*branch, widest) : quantize(x);
    } else {
        b = quantize(x, {8, chance(70), true});
    }
    CnnValue y = a;
    Names inputs{a.name, b.name};
    if (chance(30)) {
        std::swap(inputs[0], inputs[1]);
    }
    node(op, inputs, y, "", a.shape == b.shape ? "two streams" : "two streams, broadcast");
    y.scale_and_zero_point.reset();
    y.sigma = op == "Mul" ? a.sigma * b.sigma : std::hypot(a.sigma, b.sigma);
    y.bits = op == "Mul" ? a.bits + b.bits : 36; // grids of floats differ by up to 24 bits
    y.lattice = std::min(a.lattice, b.lattice);
    return y;
}

std::optional<CnnValue> CnnWriter::concat(const CnnValue& x) {
    const std::size_t rank = x.shape.size();
    if (rank < 2) {
        return std::nullopt;
    }
    const auto axis =
        static_cast<std::size_t>(chance(60) ? static_cast<std::int64_t>(x.channel)
                                            : pick(1, static_cast<std::int64_t>(rank) - 1));
    std::vector<CnnValue> parts{axis == x.channel ? on_grid(x) : narrow(x, 16)};
    const std::int64_t count = pick(2, 3);
    for (std::int64_t i = 1; i < count; ++i) {
        std::vector<CnnValue> fitting;
        for (const CnnValue& value : live_) {
            bool fit = value.shape.size() == rank && value.channel == x.channel;
            for (std::size_t d = 0; fit && d < rank; ++d) {
                fit = d == axis || value.shape[d] == x.shape[d];
            }
            if (fit) {
                fitting.push_back(value);
            }
        }
        const CnnValue drawn = fitting.empty()
                                   ? x
                                   : fitting[static_cast<std::size_t>(
                                         pick(0, static_cast<std::int64_t>(fitting.size()) - 1))];
        // Across the channels, one grid must serve all parts.
        parts.push_back(axis == x.channel ? on_grid(drawn) : parts.front());
        if (axis != x.channel && chance(30) && drawn.shape == x.shape) {
            parts.back() = quantize(drawn);
        }
    }
    CnnValue y = parts.front();
    Names inputs;
    y.shape[axis] = 0;
    bool odd = false;
    for (const CnnValue& part : parts) {
        inputs.push_back(part.name);
        y.shape[axis] += part.shape[axis];
        y.bits = std::max(y.bits, part.bits);
        y.sigma = std::max(y.sigma, part.sigma);
        odd = odd || part.lattice == Lattice::odd;
    }
    if (!fits(y.shape)) {
        return std::nullopt;
    }
    node("Concat", inputs, y, "", axis == x.channel ? "channels" : "other axis")
        .attr("axis", static_cast<std::int64_t>(axis) -
                          (opset_ >= 11 && chance(30) ? static_cast<std::int64_t>(rank) : 0));
    y.lattice = odd ? Lattice::odd : axis == x.channel ? Lattice::channels : Lattice::odd;
    y.scale_and_zero_point.reset();
    return y;
}

// --------------------------------------------------------------------------------------- parts

std::optional<CnnValue> CnnWriter::split(const CnnValue& x) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    const auto axis = static_cast<std::size_t>(chance(60) ? static_cast<std::int64_t>(x.channel)
                                                          : pick(1, rank - 1));
    const std::int64_t whole = x.shape[axis];
    if (whole < 2) {
        return std::nullopt;
    }
    const std::int64_t count = std::min<std::int64_t>(whole, pick(2, 3));
    Ints sizes;
    std::int64_t rest = whole;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t left = count - 1 - i;
        sizes.push_back(left == 0 ? rest : pick(1, rest - left));
        rest -= sizes.back();
    }
    const CnnValue from = on_grid(x);
    std::vector<CnnValue> parts;
    Names outputs;
    for (const std::int64_t size : sizes) {
        CnnValue part = from;
        part.name = fresh("v");
        part.shape[axis] = size;
        outputs.push_back(part.name);
        parts.push_back(std::move(part));
    }
    Names inputs{from.name};
    if (opset_ >= 13) {
        inputs.push_back(ints(sizes));
    }
    OnnxNode added = node("Split", inputs, outputs);
    added.attr("axis", static_cast<std::int64_t>(axis));
    if (opset_ < 13) {
        added.attr("split", sizes);
    }
    if (axis == x.channel && chance(25)) {
        std::swap(parts.front(), parts.back()); // ShuffleNet: the halves change places
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        live_.push_back(parts[i]);
    }
    return parts.front();
}

std::optional<CnnValue> CnnWriter::slice(const CnnValue& x) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    const CnnValue from = on_grid(x);
    CnnValue y = from;
    Ints starts;
    Ints ends;
    Ints axes;
    Ints steps;
    for (std::int64_t axis = 1; axis < rank; ++axis) {
        std::int64_t& size = y.shape[static_cast<std::size_t>(axis)];
        if (size < 2 || chance(50)) {
            continue;
        }
        const std::int64_t step = opset_ >= 10 && chance(35) ? pick(2, 3) : 1;
        const std::int64_t start = pick(0, size - 1);
        const std::int64_t end = pick(start + 1, size);
        axes.push_back(chance(80) ? axis : axis - rank);
        starts.push_back(chance(80) ? start : start - size);
        ends.push_back(end == size && chance(50) ? std::int64_t{1} << 40 : end);
        steps.push_back(step);
        size = (end - start + step - 1) / step;
    }
    if (axes.empty()) {
        return std::nullopt;
    }
    if (opset_ >= 10) {
        Names inputs{from.name, ints(starts), ints(ends), ints(axes)};
        if (chance(60) || std::any_of(steps.begin(), steps.end(), [](auto s) { return s != 1; })) {
            inputs.push_back(ints(steps));
        }
        node("Slice", inputs, y);
    } else {
        for (std::size_t i = 0; i < axes.size(); ++i) {
            axes[i] += axes[i] < 0 ? rank : 0;
        }
        node("Slice", {from.name}, y).attr("starts", starts).attr("ends", ends).attr("axes", axes);
    }
    return y;
}

std::optional<CnnValue> CnnWriter::pad(const CnnValue& x) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    const CnnValue from = chance(50) ? narrow(x) : on_grid(x);
    CnnValue y = from;
    Ints begins(static_cast<std::size_t>(rank), 0);
    Ints ends = begins;
    bool channels = false;
    for (std::int64_t d = 1; d < rank; ++d) {
        const auto axis = static_cast<std::size_t>(d);
        if (axis == x.channel ? chance(90) : chance(25)) {
            continue;
        }
        channels = channels || axis == x.channel;
        begins[axis] = pick(0, 2);
        ends[axis] = pick(0, 2);
        if (chance(10) && y.shape[axis] > 2) {
            begins[axis] = -1; // cuts
        }
        y.shape[axis] += begins[axis] + ends[axis];
    }
    if (!fits(y.shape) || (channels && from.lattice != Lattice::one)) {
        return std::nullopt;
    }
    double value = 0;
    if (from.scale_and_zero_point && chance(30)) {
        value = static_cast<double>(pick(-1, 3)) * from.scale_and_zero_point->first;
    }
    Ints pads = begins;
    pads.insert(pads.end(), ends.begin(), ends.end());
    const bool edge = chance(4);
    const char* mode = edge ? "edge" : "constant";
    if (opset_ >= 11) {
        Names inputs{from.name, ints(pads)};
        if (!edge && (value != 0 || chance(50))) {
            inputs.push_back(scalar(value));
        }
        node("Pad", inputs, y).attr("mode", mode);
    } else {
        node("Pad", {from.name}, y)
            .attr("mode", mode)
            .attr("pads", pads)
            .attr("value", static_cast<float>(value));
    }
    y.scale_and_zero_point = from.scale_and_zero_point;
    return y;
}

// -------------------------------------------------------------------------------- other places

/// Nearest neighbours, factors that are whole numbers; and those that leave elements out.
std::optional<CnnValue> CnnWriter::resize(const CnnValue& x) {
    if (!x.is_channels_first()) {
        return std::nullopt;
    }
    const CnnValue from = on_grid(x);
    CnnValue y = from;
    std::vector<double> scales{1, 1};
    const bool down = opset_ >= 10 && chance(12);
    for (std::size_t d = 2; d < x.shape.size(); ++d) {
        const bool halve = down && x.shape[d] % 2 == 0;
        scales.push_back(halve ? 0.5 : static_cast<double>(pick(1, 3)));
        y.shape[d] = halve ? x.shape[d] / 2 : x.shape[d] * static_cast<std::int64_t>(scales[d]);
    }
    if (!fits(y.shape)) {
        return std::nullopt;
    }
    if (opset_ < 11) {
        node(opset_ < 10 ? "Upsample" : "Resize",
             {from.name, floats({static_cast<std::int64_t>(scales.size())}, scales)}, y)
            .attr("mode", "nearest");
        return y;
    }
    const bool by_sizes = chance(40);
    Names inputs{from.name, "",
                 by_sizes ? "" : floats({static_cast<std::int64_t>(scales.size())}, scales)};
    if (by_sizes) {
        inputs.push_back(ints(y.shape));
    }
    // Modes that make even blocks, or any.
    const bool half_pixel = chance(40);
    const bool even = chance(50);
    const char* coordinates =
        even ? (half_pixel ? one_of({"half_pixel", "pytorch_half_pixel"}) : "asymmetric")
             : one_of({"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"});
    const char* nearest =
        even ? (half_pixel ? "round_prefer_floor" : "floor")
             : one_of({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
    node("Resize", inputs, y)
        .attr("mode", "nearest")
        .attr("coordinate_transformation_mode", coordinates)
        .attr("nearest_mode", nearest);
    return y;
}

std::optional<CnnValue> CnnWriter::depth_space(const CnnValue& x) {
    if (!x.is_image()) {
        return std::nullopt;
    }
    CnnValue y = x;
    if (x.channels() % 4 == 0 && chance(70)) {
        const CnnValue from = narrow(x, 16);
        y = from;
        OnnxNode added = node("DepthToSpace", {from.name}, y);
        added.attr("blocksize", 2);
        if (opset_ >= 11) {
            added.attr("mode", chance(50) ? "DCR" : "CRD");
        }
        y.shape = {x.shape[0], x.shape[1] / 4, x.shape[2] * 2, x.shape[3] * 2};
        return y;
    }
    const std::int64_t block = x.shape[2] % 2 == 0 && x.shape[3] % 2 == 0   ? 2
                               : x.shape[2] % 3 == 0 && x.shape[3] % 3 == 0 ? 3
                                                                            : 1;
    if (block == 1) {
        return std::nullopt;
    }
    const CnnValue from = narrow(x, 16);
    y = from;
    node("SpaceToDepth", {from.name}, y).attr("blocksize", block);
    y.shape = {x.shape[0], x.shape[1] * block * block, x.shape[2] / block, x.shape[3] / block};
    return y;
}

CnnValue CnnWriter::permuted(const CnnValue& x, const Ints& perm) {
    CnnValue y = x;
    node("Transpose", {x.name}, y).attr("perm", perm);
    for (std::size_t i = 0; i < perm.size(); ++i) {
        const auto from = static_cast<std::size_t>(perm[i]);
        y.shape[i] = x.shape[from];
        if (from == x.channel) {
            y.channel = i;
        }
    }
    return y;
}

std::optional<CnnValue> CnnWriter::transpose(const CnnValue& x) {
    const std::size_t rank = x.shape.size();
    if (rank < 3) {
        return std::nullopt;
    }
    Ints perm(rank);
    std::iota(perm.begin(), perm.end(), std::int64_t{0});
    if (x.channel == 1 && chance(60)) {
        std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end()); // to channels last
    } else if (x.channel == rank - 1 && chance(80)) {
        std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
    } else {
        std::shuffle(perm.begin() + 1, perm.end(), random_);
    }
    return permuted(chance(50) ? narrow(x) : x, perm);
}

CnnValue CnnWriter::reshaped(const CnnValue& x, const Shape& shape, std::size_t channel) {
    CnnValue y = x;
    Ints written = shape;
    if (chance(40)) {
        written[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(written.size()) - 1))] =
            -1;
    } else if (shape[0] == x.shape[0] && chance(30)) {
        written[0] = 0; // as it is
    }
    node("Reshape", {x.name, ints(written)}, y);
    y.shape = shape;
    y.channel = channel;
    return y;
}

std::optional<CnnValue> CnnWriter::reshape(const CnnValue& x) {
    const std::int64_t batch = x.shape[0];
    const std::int64_t rest = element_count(x.shape) / batch;
    const auto mixed = [](CnnValue value) {
        // Channels of the result are others than those of the input.
        value.lattice = value.lattice == Lattice::channels ? Lattice::odd : value.lattice;
        return value;
    };
    switch (pick(0, 4)) {
    case 0:
    case 1: {
        if (x.shape.size() == 2) {
            return std::nullopt;
        }
        if (chance(50)) {
            const CnnValue from = chance(70) ? narrow(x) : x;
            CnnValue y = from;
            node("Flatten", {from.name}, y);
            y.shape = {batch, rest};
            y.channel = 1;
            return mixed(y);
        }
        return mixed(reshaped(chance(70) ? narrow(x) : x, {batch, rest}, 1));
    }
    case 2: {
        // Space as one axis, channels kept: what attention does.
        if (x.shape.size() != 4 || x.channel != 1) {
            return std::nullopt;
        }
        return reshaped(x, {batch, x.shape[1], x.shape[2] * x.shape[3]}, 1);
    }
    case 3: {
        // An image of any factors.
        Shape shape{batch, 1, 1, 1};
        std::int64_t left = rest;
        for (std::int64_t factor = 2; left > 1;) {
            if (left % factor != 0) {
                factor = factor * factor > left ? left : factor + 1;
                continue;
            }
            shape[static_cast<std::size_t>(pick(1, 3))] *= factor;
            left /= factor;
        }
        return mixed(reshaped(narrow(x), shape, 1));
    }
    default: {
        // Axes of one element come and go.
        CnnValue y = x;
        if (x.shape.size() == 3 && x.channel == 1) {
            Names inputs{x.name};
            if (opset_ >= 13) {
                inputs.push_back(ints({2}));
            }
            OnnxNode added = node("Unsqueeze", inputs, y);
            if (opset_ < 13) {
                added.attr("axes", Ints{2});
            }
            y.shape.insert(y.shape.begin() + 2, 1);
            return y;
        }
        if (x.shape.size() == 4 && x.channel == 1 && x.shape[2] == 1) {
            Names inputs{x.name};
            if (opset_ >= 13) {
                inputs.push_back(ints({2}));
            }
            OnnxNode added = node("Squeeze", inputs, y);
            if (opset_ < 13) {
                added.attr("axes", Ints{2});
            }
            y.shape.erase(y.shape.begin() + 2);
            return y;
        }
        return std::nullopt;
    }
    }
}

} // namespace millrace::tests
