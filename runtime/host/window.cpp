// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/window.hpp"

#include <utility>

namespace millrace::runtime::host {

Window::Window(const JsonField& fields)
    : kernel(fields["kernel"].integers()),
      strides(fields["strides"].integers()),
      dilations(fields["dilations"].integers()),
      pads_begin(fields["pads_begin"].integers()),
      pads_end(fields["pads_end"].integers()) {
    for (const auto* list : {&strides, &dilations, &pads_begin, &pads_end}) {
        if (list->size() != kernel.size()) {
            fields.fail("lists of different lengths for the axes of a window");
        }
    }
    constexpr std::int64_t most = std::int64_t{1} << 30;
    for (std::size_t i = 0; i < axes(); ++i) {
        for (const std::int64_t value : {kernel[i], strides[i], dilations[i]}) {
            if (value < 1 || value > most) {
                fields.fail("a window with a size of " + std::to_string(value));
            }
        }
        for (const std::int64_t pad : {pads_begin[i], pads_end[i]}) {
            if (pad < 0 || pad > most) {
                fields.fail("a window with a pad of " + std::to_string(pad));
            }
        }
    }
}

Shape Window::spatial(const Shape& x) const {
    if (x.size() != axes() + 2) {
        misfit("a window of " + std::to_string(axes()) + " axes for shape " + to_string(x));
    }
    return {x.begin() + 2, x.end()};
}

Shape Window::output(const Shape& input) const {
    Shape result;
    for (std::size_t i = 0; i < axes(); ++i) {
        const std::int64_t room =
            input[i] + pads_begin[i] + pads_end[i] - ((kernel[i] - 1) * dilations[i] + 1);
        if (room < 0) {
            misfit("a window larger than its input of " + to_string(input));
        }
        result.push_back(room / strides[i] + 1);
    }
    return result;
}

std::vector<std::vector<Tap>> Window::taps(const Shape& input) const {
    // Axis after axis: the taps so far, each with all positions of the next axis.
    std::vector<std::vector<Tap>> result{{Tap{0, 0}}};
    const Shape sizes = output(input);
    for (std::size_t axis = 0; axis < axes(); ++axis) {
        std::vector<std::vector<Tap>> next;
        for (const std::vector<Tap>& outer : result) {
            for (std::int64_t o = 0; o < sizes[axis]; ++o) {
                next.emplace_back();
                for (const Tap& tap : outer) {
                    for (std::int64_t k = 0; k < kernel[axis]; ++k) {
                        const std::int64_t at =
                            o * strides[axis] + k * dilations[axis] - pads_begin[axis];
                        if (at >= 0 && at < input[axis]) {
                            next.back().push_back(
                                {tap.input * static_cast<std::size_t>(input[axis]) +
                                     static_cast<std::size_t>(at),
                                 tap.element * static_cast<std::size_t>(kernel[axis]) +
                                     static_cast<std::size_t>(k)});
                        }
                    }
                }
            }
        }
        result = std::move(next);
    }
    return result;
}

std::vector<std::int64_t> Window::counts(std::size_t axis, std::int64_t input, std::int64_t low,
                                         std::int64_t high) const {
    std::vector<std::int64_t> result;
    const std::int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
    for (std::int64_t start = -pads_begin[axis]; start + extent <= input + pads_end[axis];
         start += strides[axis]) {
        std::int64_t count = 0;
        for (std::int64_t k = 0; k < kernel[axis]; ++k) {
            const std::int64_t at = start + k * dilations[axis];
            count += at >= low && at < high ? 1 : 0;
        }
        result.push_back(count);
    }
    return result;
}

} // namespace millrace::runtime::host
