// SPDX-License-Identifier: Apache-2.0
//
// Waiting is polling of the run's state with growing pauses: the driver writes the state into
// memory that this process has mapped, so a look costs nothing, and unlike XRT's wait with a time
// limit it keeps its limit in every version and in emulation. The pause is an eighth of the time
// waited so far, so it adds at most so much to a batch.
//
// After a timeout the XRT objects of the board are left to the end of the process: their
// destructors wait for the kernel.
#include "runtime/devices/xrt_device.hpp"

#include "runtime/error.hpp"
#include "runtime/printing.hpp"

namespace millrace::runtime {

std::filesystem::path xclbin_path(const DeviceContext& context) {
    return context.xclbin.empty()
               ? context.project / "build" / (context.manifest.kernel + ".xclbin")
               : context.xclbin;
}

} // namespace millrace::runtime

#ifdef MILLRACE_HAS_XRT

#include "runtime/devices/deadline.hpp"
#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/loss.hpp"
#include "runtime/devices/unit_queue.hpp"
#include "runtime/emulation/xclbin_file.hpp"

#include <algorithm>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>
#if __has_include(<xrt/experimental/xrt_xclbin.h>)
#include <xrt/experimental/xrt_xclbin.h>
#else
#include <experimental/xrt_xclbin.h>
#endif
#if __has_include(<xrt/xrt_hw_context.h>)
#include <xrt/xrt_hw_context.h>
#define MILLRACE_HAS_HW_CONTEXT
#endif

namespace millrace::runtime {

namespace {

constexpr std::chrono::seconds patience_for_a_batch{10};

std::string hex(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

/// Embedded boards: the processor's caches do not see what the kernel does, so XRT's default are
/// buffers that the processor does not cache, which are slow to pack and to read. Cached ones are
/// flushed by sync(), and pay.
bool is_embedded() {
    std::error_code error;
    return std::filesystem::exists("/sys/bus/platform/drivers/zocl-drm", error) ||
           std::filesystem::exists("/sys/module/zocl", error);
}

void check_kernel(const xrt::xclbin& xclbin, const std::filesystem::path& file,
                  const Manifest& manifest) {
    const auto wrong = [&](const std::string& what) -> Error {
        return {ErrorKind::xclbin, file.string() + " is not of this project's kernel " +
                                       manifest.kernel + ": " + what};
    };
    std::string found;
    for (const xrt::xclbin::kernel& kernel : xclbin.get_kernels()) {
        if (kernel.get_name() != manifest.kernel) {
            found += (found.empty() ? "" : ", ") + kernel.get_name();
            continue;
        }
        const std::vector<xrt::xclbin::arg> arguments = kernel.get_args();
        if (arguments.size() != manifest.arguments.size()) {
            throw wrong("it has " + std::to_string(arguments.size()) + " arguments, not " +
                        std::to_string(manifest.arguments.size()));
        }
        for (const ArgumentInfo& wanted : manifest.arguments) {
            const auto argument =
                std::find_if(arguments.begin(), arguments.end(), [&](const auto& candidate) {
                    return candidate.get_index() == wanted.index;
                });
            if (argument == arguments.end() || argument->get_name() != wanted.name) {
                throw wrong("its argument " + std::to_string(wanted.index) + " is not " +
                            wanted.name);
            }
            if (argument->get_offset() != wanted.offset) {
                throw wrong("argument " + wanted.name + " is at " + hex(argument->get_offset()) +
                            ", not at " + hex(wanted.offset));
            }
        }
        const std::vector<xrt::xclbin::ip> units = kernel.get_cus();
        for (const ComputeUnitInfo& wanted : manifest.compute_units) {
            const std::string name = manifest.kernel + ":" + wanted.name;
            if (std::none_of(units.begin(), units.end(), [&name](const xrt::xclbin::ip& unit) {
                    return unit.get_name() == name;
                })) {
                throw wrong("it has no compute unit " + wanted.name);
            }
        }
        return;
    }
    throw wrong(found.empty() ? "it has no kernel" : "it has " + found);
}

/// The XRT objects of a batch, all of which wait for the kernel when they are destroyed.
struct Objects;

/// What the device and its batches share.
struct Board {
    explicit Board(const Manifest& manifest)
        : arguments(manifest),
          units(manifest.compute_units.size()) {}

    const KernelArguments arguments;
    std::string description;
    xrt::device device;
#ifdef MILLRACE_HAS_HW_CONTEXT
    xrt::hw_context context;
#endif
    std::vector<xrt::kernel> kernels; ///< by compute unit
    bool cacheable = false;
    std::mutex mutex; ///< of all below
    Loss loss;
    std::vector<UnitQueue<const Objects*>> units;

    void check_not_lost() {
        const std::lock_guard lock(mutex);
        loss.check();
    }
    void lose(ErrorKind kind, const std::string& reason) {
        const std::lock_guard lock(mutex);
        loss.set(kind, reason);
    }
};

struct Objects {
    std::shared_ptr<Board> board;
    std::vector<xrt::bo> buffers; ///< inputs, then outputs
    std::vector<std::span<std::byte>> memory;
    xrt::run run;

    /// Whether the run is over, and how.
    bool ended(ert_cmd_state& state) const {
        state = run.state();
        return state == ERT_CMD_STATE_COMPLETED || state == ERT_CMD_STATE_ERROR ||
               state == ERT_CMD_STATE_ABORT || state == ERT_CMD_STATE_TIMEOUT ||
               state == ERT_CMD_STATE_NORESPONSE;
    }
};

/// Loads the image and opens its compute units: by a hardware context where XRT has them. Not all
/// boards do in all versions that have the class, and the older form works on every board.
void open_compute_units(Board& board, const xrt::xclbin& xclbin, const Manifest& manifest) {
    const auto open = [&](const auto& make) {
        std::vector<xrt::kernel> kernels;
        for (const ComputeUnitInfo& unit : manifest.compute_units) {
            kernels.push_back(make(manifest.kernel + ":{" + unit.name + "}"));
        }
        board.kernels = std::move(kernels);
    };
#ifdef MILLRACE_HAS_HW_CONTEXT
    try {
        board.context = xrt::hw_context(board.device, board.device.register_xclbin(xclbin));
        open([&](const std::string& name) { return xrt::kernel(board.context, name); });
        return;
    } catch (const std::exception&) {
        board.context = xrt::hw_context();
    }
#endif
    const xrt::uuid uuid = board.device.load_xclbin(xclbin);
    open([&](const std::string& name) { return xrt::kernel(board.device, uuid, name); });
}

class XrtBatch final : public Batch {
  public:
    XrtBatch(std::shared_ptr<Board> board, std::size_t unit, std::uint32_t capacity);
    ~XrtBatch() override;

    std::span<std::byte> input(std::size_t port) override {
        if (port >= inputs_) {
            throw Error(ErrorKind::usage, "there is no input port " + std::to_string(port));
        }
        return xrt_->memory[port];
    }
    std::span<const std::byte> output(std::size_t port) override {
        if (port >= xrt_->memory.size() - inputs_) {
            throw Error(ErrorKind::usage, "there is no output port " + std::to_string(port));
        }
        return xrt_->memory[inputs_ + port];
    }
    void start(std::uint32_t frames) override;
    void wait(std::chrono::milliseconds timeout) override;

  private:
    void sync(xclBOSyncDirection direction);
    template <class Over> bool finished(ert_cmd_state& state, Over&& over);
    void leave_queue();
    void abandon(ErrorKind kind, const std::string& reason);

    std::shared_ptr<Objects> xrt_;
    std::size_t unit_;
    std::size_t inputs_;
    std::uint32_t capacity_;
    std::uint32_t frames_ = 0; ///< of the run under way; 0: none
};

XrtBatch::XrtBatch(std::shared_ptr<Board> board, std::size_t unit, std::uint32_t capacity)
    : xrt_(std::make_shared<Objects>()),
      unit_(unit),
      inputs_(board->arguments.inputs.size()),
      capacity_(capacity) {
    constexpr std::size_t page = 4096;
    const xrt::kernel& kernel = board->kernels[unit];
    xrt_->run = xrt::run(kernel);
    const auto add = [&](const KernelArguments::Memory& memory) {
        const std::size_t bytes = KernelArguments::bytes(memory, capacity);
        const xrt::bo::flags flags =
            board->cacheable ? xrt::bo::flags::cacheable : xrt::bo::flags::normal;
        const auto index = static_cast<int>(memory.index);
        xrt::bo buffer(board->device, std::max((bytes + page - 1) / page, std::size_t{1}) * page,
                       flags, static_cast<xrt::memory_group>(kernel.group_id(index)));
        xrt_->memory.emplace_back(buffer.map<std::byte*>(), bytes);
        xrt_->run.set_arg(index, buffer);
        xrt_->buffers.push_back(std::move(buffer));
    };
    for (const KernelArguments::Memory& memory : board->arguments.inputs) {
        add(memory);
    }
    for (const KernelArguments::Memory& memory : board->arguments.outputs) {
        add(memory);
    }
    xrt_->board = std::move(board);
}

XrtBatch::~XrtBatch() {
    if (frames_ == 0) {
        return;
    }
    try {
        ert_cmd_state state = ERT_CMD_STATE_NEW;
        const Clock::time_point deadline = deadline_after(patience_for_a_batch);
        if (finished(state, [&] { return Clock::now() >= deadline; })) {
            leave_queue();
            return;
        }
    } catch (const std::exception&) { // as lost as after the time limit
    }
    abandon(ErrorKind::device, "a batch was destroyed before its end");
}

void XrtBatch::leave_queue() {
    const std::lock_guard lock(xrt_->board->mutex);
    xrt_->board->units[unit_].ended(xrt_.get());
}

/// Leaves the objects to the end of the process.
void XrtBatch::abandon(ErrorKind kind, const std::string& reason) {
    xrt_->board->lose(kind, reason);
    // Held by nobody who ever lets go.
    static_cast<void>(new std::shared_ptr<Objects>(xrt_)); // NOLINT: a leak on purpose
    frames_ = 0;
}

void XrtBatch::sync(xclBOSyncDirection direction) {
    const KernelArguments& arguments = xrt_->board->arguments;
    const bool in = direction == XCL_BO_SYNC_BO_TO_DEVICE;
    const std::vector<KernelArguments::Memory>& ports = in ? arguments.inputs : arguments.outputs;
    for (std::size_t port = 0; port < ports.size(); ++port) {
        if (const std::size_t bytes = KernelArguments::bytes(ports[port], frames_); bytes > 0) {
            xrt_->buffers[in ? port : inputs_ + port].sync(direction, bytes, 0);
        }
    }
}

void XrtBatch::start(std::uint32_t frames) {
    if (frames == 0 || frames > capacity_) {
        throw Error(ErrorKind::usage, "cannot start " + counted(frames, "frame") +
                                          " in a batch of up to " + std::to_string(capacity_));
    }
    if (frames_ != 0) {
        throw Error(ErrorKind::usage, "the batch is already started");
    }
    Board& board = *xrt_->board;
    board.check_not_lost();
    frames_ = frames;
    try {
        sync(XCL_BO_SYNC_BO_TO_DEVICE);
        xrt_->run.set_arg(static_cast<int>(board.arguments.frames_index), frames);
        const std::lock_guard lock(board.mutex); // the queue's order is that of the starts
        xrt_->run.start();
        board.units[unit_].started(xrt_.get(), frames);
    } catch (const std::exception& error) {
        frames_ = 0;
        board.lose(ErrorKind::device, error.what());
        throw Error(ErrorKind::device, board.description + ": cannot start: " + error.what());
    }
}

/// Waits for the end of the run; false when the device is lost or `over`, which is called with the
/// board's mutex held, says so.
template <class Over> bool XrtBatch::finished(ert_cmd_state& state, Over&& over) {
    Board& board = *xrt_->board;
    const Clock::time_point begin = Clock::now();
    while (!xrt_->ended(state)) {
        {
            const std::lock_guard lock(board.mutex);
            if (board.loss.lost()) {
                return false;
            }
            // Whoever looks sees for all when the unit goes on to the next batch.
            UnitQueue<const Objects*>& unit = board.units[unit_];
            ert_cmd_state of_front = ERT_CMD_STATE_NEW;
            while (!unit.empty() && unit.front()->ended(of_front)) {
                unit.ended(unit.front());
            }
            if (over()) {
                return false;
            }
        }
        std::this_thread::sleep_for(std::clamp<Clock::duration>((Clock::now() - begin) / 8,
                                                                std::chrono::microseconds(5),
                                                                std::chrono::milliseconds(1)));
    }
    return true;
}

void XrtBatch::wait(std::chrono::milliseconds timeout) {
    if (frames_ == 0) {
        xrt_->board->check_not_lost();
        throw Error(ErrorKind::usage, "the batch is not started");
    }
    const std::shared_ptr<Board> board = xrt_->board;
    try {
        ert_cmd_state state = ERT_CMD_STATE_NEW;
        std::string hung;
        const bool done = finished(state, [&] {
            const UnitQueue<const Objects*>& unit = board->units[unit_];
            hung = unit.late(timeout) ? unit.lateness(timeout) : "";
            return !hung.empty();
        });
        if (!done) {
            abandon(ErrorKind::timeout, hung); // or what was lost before
            board->check_not_lost();
        }
        leave_queue();
        if (state != ERT_CMD_STATE_COMPLETED) {
            throw std::runtime_error("the run ended in state " +
                                     std::to_string(static_cast<int>(state)));
        }
        sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        frames_ = 0;
        leave_queue();
        board->lose(ErrorKind::device, error.what());
        throw Error(ErrorKind::device, board->description + ": " + error.what());
    }
    frames_ = 0;
}

class XrtDevice final : public Device {
  public:
    explicit XrtDevice(std::shared_ptr<Board> board) : board_(std::move(board)) {}

    [[nodiscard]] std::string description() const override { return board_->description; }
    [[nodiscard]] std::size_t compute_units() const override { return board_->kernels.size(); }
    std::unique_ptr<Batch> make_batch(std::size_t compute_unit, std::uint32_t capacity) override {
        if (compute_unit >= board_->kernels.size()) {
            throw Error(ErrorKind::usage,
                        "there is no compute unit " + std::to_string(compute_unit));
        }
        board_->check_not_lost();
        try {
            return std::make_unique<XrtBatch>(board_, compute_unit, capacity);
        } catch (const Error&) {
            throw;
        } catch (const std::exception& error) {
            throw Error(ErrorKind::device, board_->description +
                                               ": there are no buffers for a batch of " +
                                               counted(capacity, "frame") + ": " + error.what());
        }
    }

  private:
    std::shared_ptr<Board> board_;
};

} // namespace

std::unique_ptr<Device> open_xrt_device(unsigned index, const DeviceContext& context) {
    const std::string name = "xrt:" + std::to_string(index);
    auto board = std::make_shared<Board>(context.manifest);
    try {
        board->device = xrt::device(index);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::no_device,
                    "XRT has no device " + std::to_string(index) + ": " + error.what());
    }
    board->description = name;
    try {
        board->description = board->device.get_info<xrt::info::device::name>() + " (" + name + ")";
    } catch (const std::exception&) { // some shells do not tell
    }
    board->loss = Loss(board->description);
    const std::filesystem::path file = xclbin_path(context);
    check_design(check_xclbin(file), file, context.manifest);
    xrt::xclbin xclbin;
    try {
        xclbin = xrt::xclbin(file.string());
        check_kernel(xclbin, file, context.manifest);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(ErrorKind::xclbin, file.string() + " cannot be read by XRT: " + error.what());
    }
    try {
        open_compute_units(*board, xclbin, context.manifest);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::device,
                    board->description + " does not take " + file.string() + ": " + error.what());
    }
    board->cacheable = is_embedded();
    return std::make_unique<XrtDevice>(std::move(board));
}

} // namespace millrace::runtime

#else

namespace millrace::runtime {

std::unique_ptr<Device> open_xrt_device(unsigned /*index*/, const DeviceContext& /*context*/) {
    throw Error(ErrorKind::no_device, "this program was built without XRT");
}

} // namespace millrace::runtime

#endif
