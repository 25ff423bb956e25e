// SPDX-License-Identifier: Apache-2.0
//
// The Python driver of an emitted project, as a user of PYNQ calls it, on the C simulation.
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace::tests;

/// One sample in all forms that the driver takes, then what it refuses.
constexpr const char* script = R"(
import sys
project, library = sys.argv[1:]
sys.path.insert(0, project + "/host")
import numpy as np
from millrace_driver import Accelerator, MillraceError
x = np.array([[0.25, -1.0, 1.75, 0.5]], np.float32)
with Accelerator(project, device="csim", library=library) as accelerator:
    print(accelerator.inputs, accelerator.outputs)
    for samples in (x, x.astype(np.float64), x[:, ::-1][:, ::-1], x.astype(">f4"), x[None]):
        print(accelerator.infer(samples).tolist())
    print(accelerator.infer(np.repeat(x, 600, 0)).shape, accelerator.statistics()["samples"])
    try:
        accelerator.infer(x[:, :3])
    except ValueError as problem:
        print(problem)
    try:
        accelerator.infer(x, x)
    except ValueError as problem:
        print(problem)
for options in ({"device": "gpu"}, {"streams": 257}, {"streams": -1}, {"batch": 16777217},
                {"batch": -1}, {"batch": 2**32 + 1}, {"timeout_ms": -1}, {"timeout_ms": 2**32}):
    try:
        Accelerator("/no/such/project", library=library, **options)
    except MillraceError as problem:
        print(problem.status, problem)
try:
    Accelerator("/no/such/project", device=None, library=library)  # the default, xrt
except MillraceError as problem:
    print(problem.status, problem)
)";

} // namespace

TEST_SUITE("python driver") {
    TEST_CASE("it infers what the model computes and reports what is wrong") {
        const fs::path library = fs::path(MILLRACE_BUILD_DIR) / "runtime" / "libmillrace.so";
        if (!fs::exists(library)) {
            report_skip("the build has no libmillrace.so");
            return;
        }
#ifdef __SANITIZE_ADDRESS__
        report_skip("python3 cannot load a library with AddressSanitizer");
        return;
#endif
        // The Debian package is not for a Python that comes before the system's.
        std::string python = "python3";
        if (run_program(python, {"-c", "import numpy"}).status != 0) {
            python = "/usr/bin/python3";
        }
        if (run_program(python, {"-c", "import numpy"}).status != 0) {
            report_skip("python3 with numpy is absent");
            return;
        }
        const millrace::cli::TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        const std::string project = (folder.path() / "p").string();
        small_mlp().save(model);
        REQUIRE(millrace_command({"compile", model, "-o", project}).status == 0);
        std::ofstream(folder.path() / "use.py") << script;
        const CommandRun run = run_program(
            python, {"-B", (folder.path() / "use.py").string(), project, library.string()});
        CHECK(run.err == "");
        CHECK(run.status == 0);
        const std::vector<double> y = small_mlp_result({0.25, -1.0, 1.75, 0.5});
        // The shape that `millrace run` writes: the axis of samples, then the model's own.
        std::string row = "[[[";
        for (const double value : y) {
            // As Python prints it: a whole number with ".0".
            row += fmt::format("{}{}{}", row == "[[[" ? "" : ", ", value,
                               value == static_cast<int>(value) ? ".0" : "");
        }
        row += "]]]\n";
        CHECK(run.out.find("[x: float32[1, 4]] [y: float32[1, 3]]\n" + row + row + row + row + row +
                           "(600, 1, 3) 605\n") != std::string::npos);
        CHECK(run.out.find("input x has the shape [1, 3]; expected is [-1, 4]") !=
              std::string::npos);
        CHECK(run.out.find("\nthe model has 1 input, not 2\n") != std::string::npos);
        CHECK(run.out.find("\n1 there is no device \"gpu\"") != std::string::npos);
        const auto beyond = [](const char* name, const char* value, const char* most) {
            return fmt::format("1 {}: {} is not a number from 1 to {}, or 0 for the default\n",
                               name, value, most);
        };
        CHECK(run.out.find(beyond("streams", "257", "256") + beyond("streams", "-1", "256") +
                           beyond("batch", "16777217", "16777216") +
                           beyond("batch", "-1", "16777216") +
                           beyond("batch", "4294967297", "16777216") +
                           beyond("timeout_ms", "-1", "4294967295") +
                           beyond("timeout_ms", "4294967296", "4294967295") +
                           "2 /no/such/project: does not exist") != std::string::npos);
    }
}
