// SPDX-License-Identifier: Apache-2.0
//
// Resize and Upsample with nearest neighbours: along each axis, a constant list of indices. The
// position that each element comes from is computed in exact reals, from the float32 scales as they
// are, so that a position on the border of two elements is decided as the mode says.
#include "frontend/context.hpp"
#include "frontend/ops/axis_indices.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace millrace::frontend::ops_import {

namespace {

enum class Coordinates : std::uint8_t {
    half_pixel,
    half_pixel_symmetric,
    pytorch_half_pixel,
    align_corners,
    asymmetric,
    tf_half_pixel_for_nn,
    tf_crop_and_resize,
};
/// `legacy`: as before operator set 11, up for scales below 1 and down for others.
enum class Nearest : std::uint8_t { round_prefer_floor, round_prefer_ceil, floor, ceil, legacy };

template <class Mode> struct NamedMode {
    std::string_view name;
    Mode mode;
};
constexpr std::array coordinate_modes{
    NamedMode<Coordinates>{"half_pixel", Coordinates::half_pixel},
    NamedMode<Coordinates>{"half_pixel_symmetric", Coordinates::half_pixel_symmetric},
    NamedMode<Coordinates>{"pytorch_half_pixel", Coordinates::pytorch_half_pixel},
    NamedMode<Coordinates>{"align_corners", Coordinates::align_corners},
    NamedMode<Coordinates>{"asymmetric", Coordinates::asymmetric},
    NamedMode<Coordinates>{"tf_half_pixel_for_nn", Coordinates::tf_half_pixel_for_nn},
    NamedMode<Coordinates>{"tf_crop_and_resize", Coordinates::tf_crop_and_resize},
};
constexpr std::array nearest_modes{
    NamedMode<Nearest>{"round_prefer_floor", Nearest::round_prefer_floor},
    NamedMode<Nearest>{"round_prefer_ceil", Nearest::round_prefer_ceil},
    NamedMode<Nearest>{"floor", Nearest::floor},
    NamedMode<Nearest>{"ceil", Nearest::ceil},
};

template <class Mode, std::size_t n>
Mode mode_attribute(NodeContext& node, std::string_view name,
                    const std::array<NamedMode<Mode>, n>& modes) {
    const auto text = node.attributes.text(name);
    if (!text) {
        return modes.front().mode;
    }
    for (const NamedMode<Mode>& entry : modes) {
        if (entry.name == *text) {
            return entry.mode;
        }
    }
    node.attributes.reject(name, fmt::format("is '{}', which is not known", escaped(*text)));
    return modes.front().mode;
}

/// What happens along one axis.
struct AxisResize {
    std::int64_t axis = 0;
    std::int64_t input = 1;
    std::int64_t output = 1;
    Real scale = 1;
    Real roi_begin;
    Real roi_end = 1;
};

const Real half = Real::ratio(1, 2);

/// The position in the input that element x of the output stands for.
Real source_position(const AxisResize& along, std::int64_t x, Coordinates mode) {
    const Real position(x);
    const Real centred = (position + half) / along.scale - half;
    switch (mode) {
    case Coordinates::half_pixel:
        return centred;
    case Coordinates::half_pixel_symmetric: {
        const Real exact_size = along.scale * Real(along.input);
        const Real adjustment = Real(along.output) / exact_size;
        return Real(along.input) * half * (Real(1) - adjustment) + centred;
    }
    case Coordinates::pytorch_half_pixel:
        return along.output > 1 ? centred : Real(0);
    case Coordinates::align_corners:
        return along.output == 1 ? Real(0)
                                 : position * Real(along.input - 1) / Real(along.output - 1);
    case Coordinates::asymmetric:
        return position / along.scale;
    case Coordinates::tf_half_pixel_for_nn:
        return (position + half) / along.scale;
    case Coordinates::tf_crop_and_resize:
        return along.output > 1 ? along.roi_begin * Real(along.input - 1) +
                                      position * (along.roi_end - along.roi_begin) *
                                          Real(along.input - 1) / Real(along.output - 1)
                                : half * (along.roi_begin + along.roi_end) * Real(along.input - 1);
    }
    throw Defect("unknown coordinate mode");
}

std::int64_t nearest(const Real& position, const AxisResize& along, Nearest mode) {
    switch (mode) {
    case Nearest::round_prefer_floor:
        return (position - half).round(Rounding::ceil);
    case Nearest::round_prefer_ceil:
        return (position + half).round(Rounding::floor);
    case Nearest::floor:
        return position.round(Rounding::floor);
    case Nearest::ceil:
        return position.round(Rounding::ceil);
    case Nearest::legacy:
        return position.round(along.scale < Real(1) ? Rounding::ceil : Rounding::floor);
    }
    throw Defect("unknown nearest mode");
}

[[noreturn]] void refuse_interpolation(NodeContext& node, const std::string& mode) {
    node.fail(Code::unsupported_operator,
              fmt::format("mode '{}' interpolates between elements", escaped(mode)),
              "use mode 'nearest', ConvTranspose with the interpolation's weights, or DepthToSpace "
              "after a convolution");
}

/// Emits the axes, the one that shrinks the tensor most first.
void set_resized(NodeContext& node, std::vector<AxisResize> axes, Coordinates coordinates,
                 Nearest mode) {
    std::stable_sort(axes.begin(), axes.end(), [](const AxisResize& a, const AxisResize& b) {
        return Real(a.output) * Real(b.input) < Real(b.output) * Real(a.input);
    });
    ValueId value = node.input(0);
    for (const AxisResize& along : axes) {
        if (along.input == 0 || along.output == 0) {
            node.fail(Code::shape_mismatch,
                      fmt::format("axis {} has {} elements and would get {}", along.axis,
                                  along.input, along.output),
                      "correct the scales or sizes where the model is made");
        }
        value = taken_along(
            node, value, along.axis, index_list(node, along.output, [&](std::int64_t x) {
                const Real position = source_position(along, x, coordinates);
                if (coordinates == Coordinates::tf_crop_and_resize &&
                    (position.sign() < 0 || position > Real(along.input - 1))) {
                    node.fail(
                        Code::unsupported_operator,
                        fmt::format("the region of axis {} goes beyond the input", along.axis),
                        "choose a region inside of the input, or pad the input (Pad)");
                }
                // Bounds first: the rounded number must fit its type.
                const Real held = std::clamp(position, Real(-1), Real(along.input));
                return std::clamp<std::int64_t>(nearest(held, along, mode), 0, along.input - 1);
            }));
    }
    node.set_output(0, value);
}

std::int64_t scaled_size(NodeContext& node, const AxisResize& along) {
    const Real size = Real(along.input) * along.scale;
    if (along.scale.sign() <= 0 || size > Real(node.builder().options().max_elements)) {
        node.fail(Code::bad_attribute,
                  fmt::format("axis {} of {} elements has the scale {}", along.axis, along.input,
                              along.scale.to_double()),
                  "correct the scales where the model is made");
    }
    return size.round(Rounding::floor);
}

/// One entry per axis of the input, with scale 1.
std::vector<AxisResize> all_axes(const Shape& shape) {
    std::vector<AxisResize> result;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        result.push_back(
            {static_cast<std::int64_t>(i), shape[i], shape[i], Real(1), Real(0), Real(1)});
    }
    return result;
}

void check_count(NodeContext& node, std::string_view what, std::size_t count, std::size_t axes) {
    if (count != axes) {
        node.fail(Code::bad_attribute,
                  fmt::format("{} {} are given for {} axes", count, what, axes),
                  "give every axis one");
    }
}

/// Upsample, and Resize before operator set 11.
void resize_by_scales(NodeContext& node, const std::vector<Real>& scales) {
    std::vector<AxisResize> axes = all_axes(node.shape(0));
    check_count(node, "scales", scales.size(), axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) {
        axes[i].scale = scales[i];
        axes[i].output = scaled_size(node, axes[i]);
    }
    set_resized(node, std::move(axes), Coordinates::asymmetric, Nearest::legacy);
}

void require_nearest(NodeContext& node) {
    const std::string mode = node.attributes.text("mode").value_or("nearest");
    if (mode != "nearest") {
        refuse_interpolation(node, mode);
    }
}

struct ResizeAttributes {
    Coordinates coordinates = Coordinates::half_pixel;
    Nearest nearest = Nearest::round_prefer_floor;
    std::optional<std::vector<std::int64_t>> axes;
    std::string policy = "stretch";
};

ResizeAttributes resize_attributes(NodeContext& node) {
    ResizeAttributes result;
    result.coordinates = mode_attribute(node, "coordinate_transformation_mode", coordinate_modes);
    result.nearest = mode_attribute(node, "nearest_mode", nearest_modes);
    // These concern interpolation, and regions beyond the input, which are refused.
    node.attributes.ignore({"cubic_coeff_a", "exclude_outside", "extrapolation_value"});
    if (node.opset() >= 18) {
        result.axes = node.attributes.integers("axes");
        result.policy = node.attributes.text("keep_aspect_ratio_policy").value_or("stretch");
        if (result.policy != "stretch" && result.policy != "not_larger" &&
            result.policy != "not_smaller") {
            node.attributes.reject(
                "keep_aspect_ratio_policy",
                fmt::format("is '{}', which is not known", escaped(result.policy)));
        }
        if (node.attributes.flag("antialias", false)) {
            node.attributes.reject("antialias", "means nothing for nearest neighbours");
        }
    }
    return result;
}

/// Sizes of the chosen axes; the policies keep one scale for all of them, rounding halves up.
void set_sizes(NodeContext& node, std::vector<AxisResize*>& chosen,
               const std::vector<std::int64_t>& sizes, const std::string& policy) {
    check_count(node, "sizes", sizes.size(), chosen.size());
    std::optional<Real> common;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        AxisResize& along = *chosen[i];
        if (sizes[i] < 1 || along.input < 1 || sizes[i] > node.builder().options().max_elements) {
            node.fail(Code::bad_attribute, fmt::format("a size is {}", sizes[i]),
                      "correct the sizes where the model is made");
        }
        along.output = sizes[i];
        along.scale = Real::ratio(along.output, along.input);
        const bool better =
            common && (policy == "not_larger" ? along.scale < *common : along.scale > *common);
        common = common && !better ? common : std::optional(along.scale);
    }
    if (policy == "stretch") {
        return;
    }
    for (AxisResize* along : chosen) {
        along->scale = *common;
        // Checks the size, which this rounds down.
        static_cast<void>(scaled_size(node, *along));
        along->output = (*common * Real(along->input) + half).round(Rounding::floor);
    }
}

} // namespace

void upsample(NodeContext& node) {
    require_nearest(node);
    std::vector<Real> scales;
    if (node.opset() < 9) {
        const auto given = node.attributes.singles("scales");
        if (!given) {
            node.attributes.reject("scales", "is missing");
        }
        if (node.input_count() > 1) {
            node.fail(Code::wrong_arity,
                      "the scales are an input, which operator set 9 began to allow",
                      "export the model with a newer operator set");
        }
        node.stop_on_errors();
        for (const float scale : *given) {
            if (!(scale > 0.0F && scale < 0x1p31F)) {
                node.attributes.reject("scales", "has an element that is not a positive number");
                node.stop_on_errors();
            }
            scales.push_back(Real::from_double(static_cast<double>(scale)));
        }
    } else {
        if (node.opset() > 9) {
            node.fail(Code::unsupported_operator, "Upsample ended with operator set 9",
                      "use Resize");
        }
        if (!node.has_input(1)) {
            node.fail(Code::wrong_arity, "input 1 (scales) is missing", "give the scales");
        }
        scales = node.parameter(1, "the list of scales")->to_reals();
    }
    resize_by_scales(node, scales);
}

/// Scales, or sizes since operator set 11; an empty list is as good as none.
void resize(NodeContext& node) {
    if (node.opset() < 11) {
        require_nearest(node);
        if (node.input_count() != 2) {
            node.fail(Code::wrong_arity,
                      "Resize has the inputs X and scales before operator set 11",
                      "export the model with a newer operator set");
        }
        node.require_inputs({1});
        resize_by_scales(node, node.parameter(1, "the list of scales")->to_reals());
        return;
    }
    const std::string mode = node.attributes.text("mode").value_or("nearest");
    if (mode != "nearest") {
        refuse_interpolation(node, mode);
    }
    const ResizeAttributes attributes = resize_attributes(node);
    std::vector<AxisResize> axes = all_axes(node.shape(0));
    std::vector<AxisResize*> chosen;
    if (attributes.axes) {
        std::vector<bool> seen(axes.size(), false);
        for (const std::int64_t wanted : *attributes.axes) {
            const auto axis =
                static_cast<std::size_t>(node.axis(wanted, static_cast<std::int64_t>(axes.size())));
            if (seen[axis]) {
                node.attributes.reject("axes", fmt::format("lists axis {} twice", axis));
            }
            seen[axis] = true;
            chosen.push_back(&axes[axis]);
        }
    } else {
        for (AxisResize& along : axes) {
            chosen.push_back(&along);
        }
    }
    node.stop_on_errors();
    const auto given = [&](std::size_t index, std::string_view what) -> TensorPtr {
        if (!node.has_input(index)) {
            return nullptr;
        }
        TensorPtr tensor = node.parameter(index, what);
        return tensor->size() == 0 ? nullptr : tensor;
    };
    const TensorPtr scales = given(2, "the list of scales");
    const TensorPtr sizes = given(3, "the list of sizes");
    if ((scales == nullptr) == (sizes == nullptr)) {
        node.fail(Code::wrong_arity, "either scales or sizes must be given", "give one of them");
    }
    if (scales != nullptr) {
        check_count(node, "scales", static_cast<std::size_t>(scales->size()), chosen.size());
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            chosen[i]->scale = scales->at(static_cast<std::int64_t>(i));
            chosen[i]->output = scaled_size(node, *chosen[i]);
        }
    } else {
        set_sizes(node, chosen, node.integers(3, "the list of sizes"), attributes.policy);
    }
    if (attributes.coordinates == Coordinates::tf_crop_and_resize) {
        const TensorPtr roi = given(1, "the region");
        check_count(node, "borders of the region",
                    roi == nullptr ? 0 : static_cast<std::size_t>(roi->size()), 2 * chosen.size());
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            chosen[i]->roi_begin = roi->at(static_cast<std::int64_t>(i));
            chosen[i]->roi_end = roi->at(static_cast<std::int64_t>(i + chosen.size()));
        }
        // Axes that are not listed are taken whole.
    }
    set_resized(node, std::move(axes), attributes.coordinates, attributes.nearest);
}

} // namespace millrace::frontend::ops_import
