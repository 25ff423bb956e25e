// SPDX-License-Identifier: Apache-2.0
//
// The host's part of a compiled model: from the model's inputs to the kernel's memory, and from
// there to the model's outputs, exactly as the manifest says.
#pragma once

#include "runtime/array.hpp"
#include "runtime/manifest.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace millrace::runtime {

/// What passes by the kernel for a range of samples; made by encode(), used by decode().
class Bypass {
  public:
    Bypass() = default;
    Bypass(const Bypass&) = delete;
    Bypass& operator=(const Bypass&) = delete;
    virtual ~Bypass() = default;
};

class HostProgram {
  public:
    /// Throws Error(ErrorKind::unsupported) naming a step that this runtime does not have, and
    /// Error(ErrorKind::manifest).
    explicit HostProgram(const Manifest& manifest);
    ~HostProgram();
    HostProgram(const HostProgram&) = delete;
    HostProgram& operator=(const HostProgram&) = delete;

    /// Samples in the arrays, one array for each of the model's inputs in its order, shaped as for
    /// `simulate`: the model's shape with its batch axis (the leading 1) replaced by the number of
    /// samples, or one axis of samples in front. Throws Error(ErrorKind::shape) that says what was
    /// expected.
    [[nodiscard]] std::int64_t samples(std::span<const ConstArray> inputs) const;
    /// Zero-filled arrays for the model's outputs of so many samples: [samples, ...], as the
    /// compiler's engines shape them.
    [[nodiscard]] std::vector<Array> outputs(std::int64_t samples) const;

    /// Quantizes and packs samples [first, first + count); memory[i] is input port i's memory, of
    /// count * frame_bytes bytes. Thread-safe. Throws Error(ErrorKind::value).
    std::unique_ptr<Bypass> encode(std::span<const ConstArray> inputs, std::int64_t first,
                                   std::int64_t count,
                                   std::span<const std::span<std::byte>> memory) const;
    /// Unpacks and computes samples [first, first + count) into `outputs`, which hold those from
    /// `begin` on. Thread-safe.
    void decode(std::span<const std::span<const std::byte>> memory, const Bypass* bypass,
                std::int64_t first, std::int64_t count, std::span<Array> outputs,
                std::int64_t begin = 0) const;

  private:
    struct Parts;
    std::unique_ptr<const Parts> parts_;
};

} // namespace millrace::runtime
