// SPDX-License-Identifier: Apache-2.0
//
// The fast ways from an output port to an output of the model: a table of floats (the manifest's
// `decoders`), and integers that are only put into another order.
#pragma once

#include "runtime/json_field.hpp"
#include "runtime/manifest.hpp"
#include "runtime/packing.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace millrace::runtime::host {

class OutputDecoder {
  public:
    /// From an entry of `decoders`; null where that is null. Throws Error(ErrorKind::manifest).
    static std::unique_ptr<const OutputDecoder> make_table(const JsonField& decoder,
                                                           const std::vector<PortInfo>& ports,
                                                           const TensorInfo& output);
    /// For an output whose element i is the port's element source[i] (all in order when empty).
    /// Null where the output's type does not hold the port's integers as they are.
    static std::unique_ptr<const OutputDecoder> make_move(std::size_t port, const PortInfo& info,
                                                          std::vector<std::size_t> source,
                                                          const TensorInfo& output);

    [[nodiscard]] std::size_t port() const { return port_; }
    /// Memory used again and again.
    struct Scratch {
        std::vector<std::byte> values;
    };
    /// Decodes a frame into a sample's elements. Throws Error(ErrorKind::device) where the kernel's
    /// integers are none that its design can give.
    void decode(const std::byte* frame, std::byte* elements, Scratch& scratch) const;

  private:
    OutputDecoder(std::size_t port, const PortInfo& info) : port_(port), layout_(info) {}
    template <class Q> void look_up(const std::byte* frame, std::byte* elements) const;
    template <class T> void convert(const std::byte* frame, std::byte* elements) const;

    std::size_t port_;
    FrameLayout layout_;
    std::vector<float> values_; ///< [channels][entries]; empty: integers as they are
    std::int64_t lo_ = 0;
    std::size_t entries_ = 0;
    ElementType type_ = ElementType::float32;
    std::vector<std::size_t> source_;
};

} // namespace millrace::runtime::host
