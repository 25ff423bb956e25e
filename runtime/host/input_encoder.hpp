// SPDX-License-Identifier: Apache-2.0
//
// The fast way from an input of the model to an input port: a port's `quantizer` of the manifest.
#pragma once

#include "runtime/host/element_values.hpp"
#include "runtime/host/levels.hpp"
#include "runtime/manifest.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace millrace::runtime::host {

class InputEncoder {
  public:
    /// Null where the quantizer leaves the port to the host graph. Throws
    /// Error(ErrorKind::manifest).
    static std::unique_ptr<const InputEncoder>
    make(const JsonField& quantizer, const PortInfo& port, const std::vector<TensorInfo>& inputs);

    /// Index of the model's input.
    [[nodiscard]] std::size_t input() const { return input_; }
    /// How thresholds are computed, where there are any.
    [[nodiscard]] const Levels* levels() const { return levels_ ? &*levels_ : nullptr; }

    /// Memory for rearranging, used again and again.
    struct Scratch {
        std::vector<std::byte> codes;
        std::vector<std::byte> moved;
    };
    /// Encodes one sample's elements into a frame. False where an element lies between two floats
    /// that have different levels, which only wider types do: the host graph decides. Throws
    /// Error(ErrorKind::value).
    [[nodiscard]] bool encode(ElementType type, const std::byte* elements, std::byte* frame,
                              const ElementPlace& place, Scratch& scratch) const;

  private:
    InputEncoder(std::size_t input, const PortInfo& port, ElementType model_type)
        : layout_(port),
          input_(input),
          model_type_(model_type) {}

    template <class Code>
    bool encode_as(ElementType type, const std::byte* elements, std::byte* frame,
                   const ElementPlace& place, Scratch& scratch) const;
    /// The codes of up to a block of elements; the rest of the block is arbitrary.
    template <class Code>
    bool codes_of(ElementType type, const std::byte* elements, std::size_t first, std::size_t count,
                  std::array<Code, level_block>& codes, const ElementPlace& place) const;
    template <class Code>
    bool level_codes(ElementType type, const std::byte* elements, std::size_t first,
                     std::size_t count, std::array<Code, level_block>& codes,
                     const ElementPlace& place) const;
    template <class Code>
    void integer_codes(ElementType type, const std::byte* elements, std::size_t first,
                       std::size_t count, std::array<Code, level_block>& codes,
                       const ElementPlace& place) const;
    [[nodiscard]] bool copies(ElementType type) const;

    FrameLayout layout_;
    std::size_t input_;
    ElementType model_type_;
    std::optional<Levels> levels_; ///< nothing: the model's integers
    std::vector<std::size_t> source_;
};

} // namespace millrace::runtime::host
