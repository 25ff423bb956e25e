// SPDX-License-Identifier: Apache-2.0
//
// A host program as people write it: XRT's native interface and the test kernel's arithmetic,
// nothing of Millrace. Compiled and run by a test.
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>
#if __has_include(<xrt/experimental/xrt_xclbin.h>)
#include <xrt/experimental/xrt_xclbin.h>
#else
#include <experimental/xrt_xclbin.h>
#endif

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

struct Buffers {
    xrt::bo in0, in1, out0, out1;
};

void expect(Buffers& b, unsigned frames, int& wrong) {
    const auto* a = b.in0.map<const signed char*>();
    const auto* c = b.in1.map<const std::int32_t*>();
    const auto* x = b.out0.map<const std::int32_t*>();
    const auto* y = b.out1.map<const std::int32_t*>();
    for (unsigned f = 0; f < frames; ++f) {
        std::int32_t value[2];
        for (int k = 0; k < 2; ++k) {
            value[k] = c[2 * f + k];
            for (int i = 0; i < 15; ++i) {
                value[k] += a[16 * f + i] * (k + 1 + i);
            }
            wrong += x[2 * f + k] != value[k];
        }
        wrong += y[f] != (value[0] ^ c[2 * f + 1]);
    }
}

int run(const std::string& file) {
    const xrt::xclbin xclbin(file);
    for (const auto& kernel : xclbin.get_kernels()) {
        std::printf("kernel %s, %zu compute units, arguments:", kernel.get_name().c_str(),
                    kernel.get_cus().size());
        for (const auto& argument : kernel.get_args()) {
            std::printf(" %s@0x%zx", argument.get_name().c_str(), argument.get_offset());
        }
        std::printf("\n");
    }
    xrt::device device(0);
    const auto uuid = device.load_xclbin(xclbin);
    int wrong = 0;
    for (const char* name : {"blend:{blend_1}", "blend:{blend_2}"}) {
        xrt::kernel kernel(device, uuid, name);
        constexpr unsigned frames = 500;
        std::vector<Buffers> all;
        std::vector<xrt::run> runs;
        for (unsigned n = 0; n < 3; ++n) { // three runs in flight
            all.push_back({xrt::bo(device, 16 * frames, kernel.group_id(0)),
                           xrt::bo(device, 8 * frames, kernel.group_id(1)),
                           xrt::bo(device, 8 * frames, kernel.group_id(2)),
                           xrt::bo(device, 4 * frames, kernel.group_id(3))});
            Buffers& b = all.back();
            auto* a = b.in0.map<signed char*>();
            auto* c = b.in1.map<std::int32_t*>();
            for (unsigned i = 0; i < 16 * frames; ++i) {
                a[i] = static_cast<signed char>(i % 16 == 15 ? 0 : (i * 31 + n * 7) % 255 - 127);
            }
            for (unsigned i = 0; i < 2 * frames; ++i) {
                c[i] = static_cast<std::int32_t>(i * 977 + n);
            }
            b.in0.sync(XCL_BO_SYNC_BO_TO_DEVICE);
            b.in1.sync(XCL_BO_SYNC_BO_TO_DEVICE);
            runs.push_back(kernel(b.in0, b.in1, b.out0, b.out1, frames));
        }
        for (unsigned n = 0; n < 3; ++n) {
            runs[n].wait();
            // What was not fetched must not be there.
            int stale = 0;
            expect(all[n], frames, stale);
            if (stale == 0) {
                std::printf("results were there before they were fetched\n");
                ++wrong;
            }
            all[n].out0.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
            all[n].out1.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
            expect(all[n], frames, wrong);
        }
    }
    std::printf(wrong == 0 ? "all values are right\n" : "%d values are wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return argc == 2 ? run(argv[1]) : 2;
    } catch (const std::exception& error) {
        std::printf("exception: %s\n", error.what());
        return 3;
    }
}
