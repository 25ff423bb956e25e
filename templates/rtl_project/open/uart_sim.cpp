// SPDX-License-Identifier: Apache-2.0
//
// The design behind the serial line in Verilator, seen from the line's other end: bits with times
// that need not be whole clock cycles, as another clock makes them.
//
//   uartsim FRAMES GOLDEN      the golden frames over the line, the results compared byte for byte:
//                              back to back; with pauses; from a host whose clock is off; after a
//                              break within a frame; silence after a byte without its stop bit
//   uartsim --serve [COMMAND]  a terminal that is the board's serial port: its path is printed, or
//                              is $PORT of the command, with whose end the simulation ends
//
// Exit code: 0 as expected, 1 not, 2 wrong use; with COMMAND the command's.
#include "Vuart.h"

#include <verilated.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <memory>
#include <poll.h>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr double nominal_bit = MR_CLOCKS_PER_BIT;
// Cycles without a byte in either direction after which nothing more will come.
constexpr std::uint64_t patience = std::uint64_t{1} << 24;

/// The design, and the line's other end: a sender and a receiver with a clock of their own.
class Board {
  public:
    Board() : top_(std::make_unique<Vuart>()) {
        top_->clk = 0;
        top_->rx = 1;
        top_->eval();
        while (cycle_ < 64) step(); // the reset after configuration
    }

    void set_bit_length(double cycles) { bit_ = cycles; }
    /// Puts a level on the line for some bits, behind what waits.
    void put(bool level, double bits) { line_.push_back({level, bits * bit_}); }
    void put_byte(std::uint8_t byte, bool stop = true) {
        put(false, 1);
        for (int i = 0; i < 8; ++i) put((byte >> i & 1) != 0, 1);
        put(stop, 1);
    }
    [[nodiscard]] std::size_t waiting() const { return line_.size(); }
    [[nodiscard]] std::uint64_t cycle() const { return cycle_; }

    /// A clock cycle.
    void step() {
        const auto now = static_cast<double>(cycle_);
        while (now >= level_until_ && !line_.empty()) {
            // What comes late begins now, what comes in time follows exactly.
            const double begin = level_until_ > now - 1 ? level_until_ : now;
            top_->rx = line_.front().level ? 1 : 0;
            level_until_ = begin + line_.front().cycles;
            line_.pop_front();
        }
        top_->clk = 1;
        top_->eval();
        top_->clk = 0;
        top_->eval();
        ++cycle_;
        receive(top_->tx != 0);
    }

    /// What has come from the board; bytes without stop bit throw.
    Bytes received;

    /// Forgets what has come, and the byte that is coming.
    void forget() {
        received.clear();
        sample_ = -1;
        last_level_ = true;
    }

  private:
    struct Segment {
        bool level;
        double cycles;
    };

    void receive(bool level) {
        const auto now = static_cast<double>(cycle_);
        if (sample_ < 0) {
            if (last_level_ && !level) {
                sample_ = 0;
                sample_at_ = now + bit_ / 2;
            }
        } else if (now >= sample_at_) {
            if (sample_ > 0 && sample_ < 9) {
                byte_ = static_cast<std::uint8_t>(byte_ >> 1 | (level ? 0x80 : 0));
            } else if (sample_ == 9) {
                if (!level) throw std::runtime_error("the board sent a byte without stop bit");
                received.push_back(byte_);
            }
            sample_at_ += bit_;
            if (++sample_ > 9) sample_ = -1;
        }
        last_level_ = level;
    }

    std::unique_ptr<Vuart> top_;
    std::uint64_t cycle_ = 0;
    double bit_ = nominal_bit;
    std::deque<Segment> line_;
    double level_until_ = 0;
    bool last_level_ = true;
    int sample_ = -1; // of the byte that is coming
    double sample_at_ = 0;
    std::uint8_t byte_ = 0;
};

/// Frames as they go over the line.
struct Frames {
    std::size_t window = 1;
    std::vector<Bytes> inputs;
    std::vector<Bytes> outputs;
};

Bytes read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

Frames read_frames(const std::string& list, const std::string& golden) {
    std::ifstream file(list);
    if (!file) throw std::runtime_error("cannot read " + list);
    Frames frames;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string side, port;
        std::size_t bytes = 0, frame_bytes = 0;
        if (line.empty() || line[0] == '#' || !(words >> side)) continue;
        if (side == "window") {
            words >> frames.window;
            continue;
        }
        if (!(words >> port >> bytes >> frame_bytes) || bytes == 0 || bytes > frame_bytes) {
            throw std::runtime_error(list + ": cannot understand: " + line);
        }
        auto& all = side == "input" ? frames.inputs : frames.outputs;
        const Bytes data = read_bytes(golden + "/" + port + ".bin");
        const std::size_t count = data.size() / frame_bytes;
        if (count == 0) throw std::runtime_error(golden + "/" + port + ".bin has no frame");
        if (all.empty()) all.resize(count);
        if (all.size() != count)
            throw std::runtime_error("the files in " + golden + " differ in their frames");
        for (std::size_t f = 0; f < count; ++f) {
            const auto begin = data.begin() + static_cast<std::ptrdiff_t>(f * frame_bytes);
            all[f].insert(all[f].end(), begin, begin + static_cast<std::ptrdiff_t>(bytes));
        }
    }
    if (frames.inputs.empty() || frames.inputs.size() != frames.outputs.size()) {
        throw std::runtime_error("the files in " + golden + " differ in their frames");
    }
    return frames;
}

/// Runs the design until that many bytes have come. Throws when it is silent for too long.
void run_until(Board& board, std::size_t bytes) {
    std::size_t before = board.received.size();
    std::uint64_t last = board.cycle();
    while (board.received.size() < bytes) {
        board.step();
        if (board.received.size() != before || board.waiting() != 0) {
            before = board.received.size();
            last = board.cycle();
        } else if (board.cycle() - last > patience) {
            throw std::runtime_error("the board is silent: " + std::to_string(before) + " of " +
                                     std::to_string(bytes) + " bytes have come");
        }
    }
}

/// All frames, as many under way as the window allows; returns the bytes that differ.
/// `before_byte` may put a pause on the line.
std::size_t send_all(Board& board, const Frames& frames, const std::function<void()>& before_byte,
                     const char* what) {
    board.forget();
    const std::size_t count = frames.inputs.size();
    const std::uint64_t begin = board.cycle();
    std::size_t sent = 0;
    std::size_t different = 0;
    for (std::size_t done = 0; done < count; ++done) {
        for (; sent < count && sent - done < frames.window; ++sent) {
            for (const std::uint8_t byte : frames.inputs[sent]) {
                before_byte();
                board.put_byte(byte);
            }
        }
        const Bytes& expected = frames.outputs[done];
        run_until(board, (done + 1) * expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            different += board.received[done * expected.size() + i] != expected[i] ? 1 : 0;
        }
    }
    std::printf("%s: %zu frames, %zu of %zu bytes different, %llu cycles a frame\n", what, count,
                different, count * frames.outputs[0].size(),
                static_cast<unsigned long long>((board.cycle() - begin) / count));
    return different;
}

/// Resets the design as a host does, and waits until the line is at rest.
void send_break(Board& board) {
    board.put(false, 15);
    board.put(true, 5);
    while (board.waiting() != 0) board.step();
    for (int i = 0; i < 20 * MR_CLOCKS_PER_BIT; ++i) {
        board.forget(); // a byte may have been cut off
        board.step();
    }
}

int compare(const Frames& frames) {
    Board board;
    std::mt19937 random(1);
    const auto none = [] {};
    std::size_t wrong = send_all(board, frames, none, "back to back");

    board.set_bit_length(nominal_bit * 1.02);
    const auto pauses = [&] {
        if (random() % 4 == 0) board.put(true, static_cast<double>(random() % 400) / 10);
    };
    wrong += send_all(board, frames, pauses, "with pauses, a host 2 % slow");

    board.set_bit_length(nominal_bit * 0.98);
    const Bytes& first = frames.inputs[0];
    for (std::size_t i = 0; i < first.size() - first.size() / 2; ++i) board.put_byte(first[i]);
    send_break(board);
    wrong += send_all(board, frames, none, "after a break within a frame, a host 2 % fast");

    // A byte without its stop bit: all that follows is ignored.
    const std::uint64_t begin = board.cycle();
    board.set_bit_length(nominal_bit);
    board.forget();
    for (const std::uint8_t byte : first) board.put_byte(byte);
    run_until(board, frames.outputs[0].size());
    const std::uint64_t frame = board.cycle() - begin;
    board.forget();
    board.put_byte(0x55, false);
    board.put(true, 2);
    for (const std::uint8_t byte : first) board.put_byte(byte);
    for (std::uint64_t i = 0; i < 2 * frame; ++i) board.step();
    const bool silent = board.received.empty();
    std::printf("after a byte without stop bit: %s\n", silent ? "silent" : "not silent");
    send_break(board);
    wrong += send_all(board, frames, none, "after the break that ends this");
    return wrong == 0 && silent ? 0 : 1;
}

/// Answers on a terminal until the command ends.
int serve(const char* command) {
    const int port = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (port < 0 || grantpt(port) != 0 || unlockpt(port) != 0) {
        throw std::runtime_error("cannot make a terminal");
    }
    const std::string name = ptsname(port);
    // Held open, so that the terminal stays while no program has it, and raw before the first has.
    const int end = open(name.c_str(), O_RDWR | O_NOCTTY);
    termios settings{};
    if (end < 0 || tcgetattr(end, &settings) != 0) throw std::runtime_error("cannot open " + name);
    cfmakeraw(&settings);
    tcsetattr(end, TCSANOW, &settings);
    pid_t child = 0;
    if (command != nullptr) {
        setenv("PORT", name.c_str(), 1);
        child = fork();
        if (child < 0) throw std::runtime_error("cannot start a command");
        if (child == 0) {
            execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
            _exit(127);
        }
    } else {
        std::printf("%s\n", name.c_str());
        std::fflush(stdout);
    }
    Board board;
    std::uint64_t busy_until = 0;
    while (true) {
        std::uint8_t bytes[256];
        const ssize_t count = read(port, bytes, sizeof bytes);
        for (ssize_t i = 0; i < count; ++i) board.put_byte(bytes[i]);
        for (int i = 0; i < 2000 || board.waiting() != 0; ++i) board.step();
        if (!board.received.empty()) {
            for (std::size_t sent = 0; sent < board.received.size();) {
                const ssize_t written =
                    write(port, board.received.data() + sent, board.received.size() - sent);
                if (written > 0) sent += static_cast<std::size_t>(written);
            }
            board.received.clear();
            busy_until = board.cycle() + patience;
        }
        if (count > 0) busy_until = board.cycle() + patience;
        int status = 0;
        if (child != 0 && waitpid(child, &status, WNOHANG) == child) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
        if (board.cycle() > busy_until) {
            pollfd wait{port, POLLIN, 0};
            poll(&wait, 1, 20);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    std::vector<const char*> arguments;
    for (int i = 1; i < argc; ++i) {
        if (argv[i][0] != '+') arguments.push_back(argv[i]);
    }
    try {
        if (!arguments.empty() && std::string(arguments[0]) == "--serve" && arguments.size() <= 2) {
            return serve(arguments.size() == 2 ? arguments[1] : nullptr);
        }
        if (arguments.size() == 2 && arguments[0][0] != '-') {
            return compare(read_frames(arguments[0], arguments[1]));
        }
    } catch (const std::exception& problem) {
        std::fflush(stdout);
        std::fprintf(stderr, "error: %s\n", problem.what());
        return 1;
    }
    std::fprintf(stderr, "usage: %s +mr_weights=FOLDER FRAMES.txt GOLDEN | --serve [COMMAND]\n",
                 argv[0]);
    return 2;
}
