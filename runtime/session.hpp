// SPDX-License-Identifier: Apache-2.0
//
// A compiled model on a device, ready to infer.
//
//   auto session = millrace::runtime::Session::open("project", {.device = "xrt:0"});
//   std::vector<Array> y = session->infer(inputs);
//
// All of a session may be called from several threads at once.
#pragma once

#include "runtime/array.hpp"
#include "runtime/device.hpp"
#include "runtime/manifest.hpp"
#include "runtime/statistics.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace millrace::runtime {

/// The largest values of a session's options, for all that take them: the command, the C interface
/// and the Python driver. Beyond are mistakes: every stream is a thread with buffers.
inline constexpr std::uint32_t most_batch = 1U << 24U;
inline constexpr std::uint32_t most_streams = 256;

struct SessionOptions {
    std::string device = "sim";   ///< docs/runtime.md lists them
    std::filesystem::path xclbin; ///< empty: the project's, build/KERNEL.xclbin
    /// Frames of a batch at most; 0: chosen so that a batch's buffers stay below 16 MB.
    std::uint32_t batch = 0;
    /// Batches under way at once on each compute unit: two overlap transfers and host work with
    /// the kernel, more help where the host's threads are held up.
    std::uint32_t streams = 2;
    /// How long the kernel may work on a batch before it counts as hung; waiting behind other
    /// batches does not count. 0: boards a second and twenty times the predicted time, simulations
    /// any time in which they make progress (device.hpp).
    std::chrono::milliseconds timeout{0};
};

class Session {
    struct Request; // what submit() began

  public:
    /// A request under way. Dropping it does not stop the request.
    class Ticket {
      public:
        Ticket() = default;

      private:
        friend class Session;
        std::shared_ptr<Request> request_;
    };

    /// Opens a project's folder, or the folder of a manifest beside an xclbin; `path` may also be
    /// the manifest itself, or an .xclbin with millrace.json beside it or one folder up. Throws
    /// Error, with ErrorKind::usage for options beyond their limits before anything is opened.
    static std::unique_ptr<Session> open(const std::filesystem::path& path,
                                         const SessionOptions& options = {});
    /// The manifest that open() would take. Throws Error.
    static Manifest manifest_of(const std::filesystem::path& path);
    /// On a device that is open already: for devices of one's own.
    Session(Manifest manifest, std::unique_ptr<Device> device, const SessionOptions& options = {});
    /// Waits for what is under way.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] const Manifest& manifest() const;
    [[nodiscard]] const std::vector<TensorInfo>& inputs() const;
    [[nodiscard]] const std::vector<TensorInfo>& outputs() const;
    [[nodiscard]] const Device& device() const;
    /// Frames of a batch at most.
    [[nodiscard]] std::uint32_t batch() const;

    /// How many samples the arrays hold; throws Error(ErrorKind::shape) that says what was
    /// expected.
    [[nodiscard]] std::int64_t sample_count(std::span<const ConstArray> inputs) const;
    /// Zero-filled arrays for the model's outputs of so many samples.
    [[nodiscard]] std::vector<Array> make_outputs(std::int64_t samples) const;

    /// Runs any number of samples, batch by batch: one array for each of the model's inputs, in its
    /// order, [samples, ...] or the model's shape with its batch axis replaced. Returns an array
    /// [samples, ...] for each of the model's outputs. Throws Error.
    std::vector<Array> infer(std::span<const ConstArray> inputs);
    /// The same without waiting. The memory of `inputs` must stay as it is until wait() returns.
    /// Throws Error for what is wrong with the inputs.
    Ticket submit(std::span<const ConstArray> inputs);
    /// Of samples [first, first + count) of the arrays alone; errors name a sample by its place in
    /// the arrays. Throws Error(ErrorKind::usage) for a range that they do not have.
    Ticket submit(std::span<const ConstArray> inputs, std::int64_t first, std::int64_t count);
    /// The outputs of a request; at most once for each. Throws the request's Error. After a
    /// timeout, or when the device is lost, all requests fail with the same Error: the session must
    /// be closed, and another one can be opened. Throws Error(ErrorKind::usage) for a ticket of no
    /// session or another one, whose request goes on.
    std::vector<Array> wait(Ticket ticket);
    /// Whether this session has begun the ticket's request.
    [[nodiscard]] bool owns(const Ticket& ticket) const;
    /// Whether wait() would return at once.
    [[nodiscard]] bool done(const Ticket& ticket) const;

    [[nodiscard]] Statistics statistics() const;
    void reset_statistics();

  private:
    struct Parts;
    explicit Session(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace millrace::runtime
