// SPDX-License-Identifier: Apache-2.0
//
// Sessions: batches, several threads, what fails and what goes on. The kernel is the compiler's own
// interpreter here; devices have their own tests.
#include "cli/elements.hpp"
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "ir/engine.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "tests/support/command.hpp"
#include "tests/support/interpreted_device.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <thread>
#include <utility>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using runtime::Array;
using runtime::ConstArray;
using runtime::Error;
using runtime::ErrorKind;
using runtime::Session;
using runtime::SessionOptions;

/// The digits example, compiled, with its samples and the reference engine's results.
class Digits {
  public:
    Digits() {
        const fs::path example = fs::path(MILLRACE_SOURCE_DIR) / "examples" / "digits";
        const fs::path folder = work_.path() / "digits";
        REQUIRE(
            millrace_command({"compile", (example / "digits.onnx").string(), "-o", folder.string()})
                .status == 0);
        Diagnostics diagnostics;
        project_ = cli::open_project(folder, diagnostics);
        REQUIRE(project_);
        manifest_ = runtime::read_manifest(folder);
        const std::optional<HostArray> x = cli::read_npy(example / "digits_x.npy", diagnostics);
        REQUIRE(x);
        x_ = *x;
        expected_ = make_reference_engine(project_->program)->run({x_}, x_.shape[0], 2).at(0);
    }

    [[nodiscard]] std::unique_ptr<Session> session(DeviceBehaviour& behaviour,
                                                   const SessionOptions& options) const {
        return std::make_unique<Session>(
            manifest_, interpreted_device(project_->program, manifest_, behaviour), options);
    }
    [[nodiscard]] std::int64_t count() const { return x_.shape[0]; }

    /// Samples [first, first + count).
    [[nodiscard]] ConstArray samples(std::int64_t first, std::int64_t count) const {
        ConstArray array = cli::view(x_);
        const std::size_t bytes = array.bytes.size() / static_cast<std::size_t>(x_.shape[0]);
        array.bytes = array.bytes.subspan(static_cast<std::size_t>(first) * bytes,
                                          static_cast<std::size_t>(count) * bytes);
        array.shape[0] = count;
        return array;
    }
    [[nodiscard]] ConstArray samples() const { return samples(0, count()); }

    /// Whether these are the outputs of samples from `first` on, byte for byte.
    [[nodiscard]] bool right(const std::vector<Array>& outputs, std::int64_t first,
                             std::int64_t count) const {
        const std::size_t bytes =
            expected_.data.size() / static_cast<std::size_t>(expected_.shape[0]);
        const auto from = expected_.data.begin() + static_cast<std::ptrdiff_t>(bytes) * first;
        return outputs.size() == 1 && outputs[0].shape[0] == count &&
               outputs[0].bytes.size() == bytes * static_cast<std::size_t>(count) &&
               std::equal(outputs[0].bytes.begin(), outputs[0].bytes.end(), from);
    }
    [[nodiscard]] const HostArray& x() const { return x_; }

  private:
    cli::TemporaryFolder work_;
    std::optional<cli::Project> project_;
    runtime::Manifest manifest_;
    HostArray x_;
    HostArray expected_;
};

const Digits& digits() {
    static const Digits shared;
    return shared;
}

/// The kind of the Error that `body` throws.
template <class Body> std::optional<ErrorKind> error_of(Body&& body) {
    try {
        body();
    } catch (const Error& problem) {
        CHECK(std::string(problem.what()) != "");
        return problem.kind();
    }
    return std::nullopt;
}

SessionOptions small_batches(std::uint32_t batch, std::uint32_t streams) {
    SessionOptions options;
    options.batch = batch;
    options.streams = streams;
    return options;
}

} // namespace

TEST_SUITE("runtime session") {
    TEST_CASE("any number of samples, batch sizes, streams and compute units") {
        for (const std::uint32_t batch : {1U, 7U, 100U, 300U, 1000U}) {
            for (const std::uint32_t streams : {1U, 3U}) {
                DeviceBehaviour behaviour;
                behaviour.compute_units = 1 + batch % 2;
                const auto session = digits().session(behaviour, small_batches(batch, streams));
                CHECK(session->batch() == batch);
                for (const std::int64_t count :
                     {std::int64_t{1}, std::int64_t{8}, digits().count()}) {
                    const ConstArray input = digits().samples(0, count);
                    CHECK(digits().right(session->infer({{input}}), 0, count));
                }
                CHECK(behaviour.most_under_way <=
                      static_cast<int>(streams * behaviour.compute_units));
            }
        }
    }

    TEST_CASE("batches overlap") {
        DeviceBehaviour behaviour;
        behaviour.time_a_batch = std::chrono::milliseconds(2);
        const auto session = digits().session(behaviour, small_batches(10, 4));
        CHECK(digits().right(session->infer({{digits().samples()}}), 0, digits().count()));
        CHECK(behaviour.most_under_way > 1);
    }

    TEST_CASE("requests in any order of waiting") {
        DeviceBehaviour behaviour;
        const auto session = digits().session(behaviour, small_batches(16, 2));
        std::vector<Session::Ticket> tickets;
        for (std::int64_t first = 0; first + 20 <= digits().count(); first += 20) {
            const ConstArray input = digits().samples(first, 20);
            tickets.push_back(session->submit({{input}}));
        }
        for (std::size_t i = tickets.size(); i > 0; --i) {
            const std::vector<Array> y = session->wait(tickets[i - 1]);
            CHECK(session->done(tickets[i - 1]));
            CHECK(digits().right(y, static_cast<std::int64_t>(i - 1) * 20, 20));
        }
        CHECK(error_of([&] { session->wait({}); }) == ErrorKind::usage);
    }

    TEST_CASE("a dropped request does no harm") {
        DeviceBehaviour behaviour;
        behaviour.time_a_batch = std::chrono::milliseconds(1);
        auto session = digits().session(behaviour, small_batches(8, 2));
        session->submit({{digits().samples()}});
        CHECK(digits().right(session->infer({{digits().samples(3, 5)}}), 3, 5));
        session.reset(); // with requests under way
    }

    TEST_CASE("eight threads on one session") {
        DeviceBehaviour behaviour;
        behaviour.compute_units = 2;
        const auto session = digits().session(behaviour, small_batches(9, 2));
        std::atomic<int> right{0};
        std::vector<std::thread> threads;
        for (std::int64_t t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                for (std::int64_t round = 0; round < 10; ++round) {
                    const std::int64_t first = (31 * t + 7 * round) % 250;
                    const ConstArray input = digits().samples(first, 1 + (t + round) % 50);
                    right +=
                        digits().right(session->infer({{input}}), first, input.shape[0]) ? 1 : 0;
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(right == 80);
        CHECK(session->statistics().requests == 80);
    }

    TEST_CASE("wrong inputs fail alone") {
        DeviceBehaviour behaviour;
        const auto session = digits().session(behaviour, small_batches(50, 2));
        ConstArray wrong = digits().samples();
        wrong.shape.back() += 1;
        CHECK(error_of([&] { session->infer({{wrong}}); }) == ErrorKind::shape);
        wrong = digits().samples();
        wrong.bytes = wrong.bytes.first(wrong.bytes.size() - 1);
        CHECK(error_of([&] { session->infer({{wrong}}); }) == ErrorKind::shape);
        CHECK(error_of([&] { session->infer({}); }) == ErrorKind::shape);

        HostArray bad = digits().x();
        if (bad.type == DataType::float32) {
            bad.as<float>()[1000] = std::numeric_limits<float>::quiet_NaN();
            const ConstArray input = cli::view(bad);
            CHECK(error_of([&] { session->infer({{input}}); }) == ErrorKind::value);
        }
        CHECK(digits().right(session->infer({{digits().samples()}}), 0, digits().count()));
        CHECK(session->statistics().requests == 1);
    }

    TEST_CASE("a part of the arrays, whose samples keep their numbers") {
        DeviceBehaviour behaviour;
        const auto session = digits().session(behaviour, small_batches(20, 2));
        for (const std::int64_t first : {0, 1, 250}) {
            auto ticket = session->submit({{digits().samples()}}, first, 50);
            CHECK(digits().right(session->wait(std::move(ticket)), first, 50));
        }
        CHECK(session->wait(session->submit({{digits().samples()}}, 300, 0)).at(0).shape.at(0) ==
              0);
        for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{-1, 1},
                                           {301, 0},
                                           {0, 301},
                                           {300, 1},
                                           {5, -1},
                                           {1, std::numeric_limits<std::int64_t>::max()}}) {
            const std::int64_t from = first;
            const std::int64_t many = count;
            CHECK(error_of([&] { session->submit({{digits().samples()}}, from, many); }) ==
                  ErrorKind::usage);
        }
        HostArray bad = digits().x();
        REQUIRE(bad.type == DataType::float32);
        const std::int64_t a_sample = element_count(bad.shape) / bad.shape[0];
        bad.as<float>()[static_cast<std::size_t>(143 * a_sample + 5)] =
            std::numeric_limits<float>::quiet_NaN();
        const ConstArray input = cli::view(bad);
        std::string text;
        try {
            session->wait(session->submit({{input}}, 100, 100));
        } catch (const Error& error) {
            text = error.what();
        }
        CAPTURE(text);
        CHECK(text.find("sample 143") != std::string::npos);
        CHECK(digits().right(session->wait(session->submit({{input}}, 144, 100)), 144, 100));
    }

    TEST_CASE("a request of another session is told, and stays") {
        DeviceBehaviour behaviour;
        const auto one = digits().session(behaviour, small_batches(20, 2));
        const auto other = digits().session(behaviour, small_batches(20, 2));
        const Session::Ticket ticket = one->submit({{digits().samples()}});
        CHECK(one->owns(ticket));
        CHECK_FALSE(other->owns(ticket));
        CHECK(other->done(ticket)); // wait() would not wait
        CHECK(error_of([&] { other->wait(ticket); }) == ErrorKind::usage);
        CHECK(digits().right(one->wait(ticket), 0, digits().count()));
    }

    TEST_CASE("a hung kernel, then a lost device, then a new session") {
        for (const bool hangs : {true, false}) {
            CAPTURE(hangs);
            const ErrorKind kind = hangs ? ErrorKind::timeout : ErrorKind::device;
            DeviceBehaviour behaviour;
            behaviour.hangs = hangs;
            behaviour.good_batches = 3;
            auto session = digits().session(behaviour, small_batches(10, 2));
            // 30 batches: all of them end although the device ends in the middle.
            CHECK(error_of([&] { session->infer({{digits().samples()}}); }) == kind);
            CHECK(error_of([&] { session->infer({{digits().samples()}}); }) == kind);
            CHECK(error_of([&] { session->submit({{digits().samples()}}); }) == kind);
            CHECK(behaviour.started <= 5);
            session.reset();
            behaviour.good_batches = -1;
            session = digits().session(behaviour, small_batches(10, 2));
            CHECK(digits().right(session->infer({{digits().samples()}}), 0, digits().count()));
        }
    }

    TEST_CASE("statistics") {
        DeviceBehaviour behaviour;
        behaviour.time_a_batch = std::chrono::milliseconds(1);
        const auto session = digits().session(behaviour, small_batches(30, 2));
        for (int i = 0; i < 4; ++i) {
            session->infer({{digits().samples(0, 90)}});
        }
        const runtime::Statistics s = session->statistics();
        CHECK(s.requests == 4);
        CHECK(s.samples == 360);
        CHECK(s.batches == 12);
        CHECK(s.bytes_to_device == 360 * session->manifest().inputs.at(0).frame_bytes);
        CHECK(s.bytes_from_device == 360 * session->manifest().outputs.at(0).frame_bytes);
        CHECK(s.latency_p50 >= 2e-3); // three batches, two at a time, of a millisecond each
        CHECK(s.latency_p50 <= s.latency_p95);
        CHECK(s.latency_p95 <= s.latency_p99);
        CHECK(s.latency_p99 <= s.latency_max);
        CHECK(s.seconds >= 4 * 2e-3);
        CHECK(s.samples_per_second == doctest::Approx(360 / s.seconds));
        CHECK(s.device_seconds >= 12e-3);
        session->reset_statistics();
        CHECK(session->statistics().samples == 0);
        CHECK(session->statistics().seconds == 0);
    }

    TEST_CASE("percentiles are nearest ranks") {
        using runtime::percentile;
        CHECK(percentile({}, 0.5) == 0);
        CHECK(percentile({3}, 0.99) == 3);
        std::vector<double> values;
        for (int i = 100; i > 0; --i) {
            values.push_back(i);
        }
        CHECK(percentile(values, 0.50) == 50);
        CHECK(percentile(values, 0.95) == 95);
        CHECK(percentile(values, 0.99) == 99);
        CHECK(percentile(values, 1.0) == 100);
        CHECK(percentile(values, 0.0) == 1);
    }

    TEST_CASE("options that make no sense") {
        DeviceBehaviour behaviour;
        CHECK(error_of([&] {
                  static_cast<void>(digits().session(behaviour, small_batches(5, 0)));
              }) == ErrorKind::usage);
        const auto refused = [&](const SessionOptions& options) {
            CHECK(error_of([&] { Session::open("nowhere", options); }) == ErrorKind::usage);
            CHECK(error_of([&] { static_cast<void>(digits().session(behaviour, options)); }) ==
                  ErrorKind::usage);
        };
        refused(small_batches(5, runtime::most_streams + 1));
        refused(small_batches(runtime::most_batch + 1, 1));
        SessionOptions options;
        options.timeout = std::chrono::milliseconds(-1);
        refused(options);
        options = {};
        options.device = "gpu";
        CHECK(error_of([&] { Session::open("nowhere", options); }) == ErrorKind::usage);
        CHECK(error_of([&] { Session::open("nowhere"); }) == ErrorKind::file);
    }
}
