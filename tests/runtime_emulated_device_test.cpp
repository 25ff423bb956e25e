// SPDX-License-Identifier: Apache-2.0
//
// The parts of the device process and of the image that it is loaded from, without XRT.
#include "runtime/emulation/device_server.hpp"
#include "runtime/emulation/embedded_metadata.hpp"
#include "runtime/emulation/library_repair.hpp"
#include "runtime/emulation/wire.hpp"
#include "runtime/emulation/xclbin_file.hpp"
#include "runtime/emulation/xclbin_format.hpp"
#include "runtime/emulation/xclbin_writer.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/runtime_kernel.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#if __has_include(<xrt/xclbin.h>)
#include <xrt/xclbin.h>
#define MILLRACE_TEST_HAS_AXLF
#endif

using namespace millrace::runtime;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

void write_text(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

TEST_SUITE_BEGIN("runtime emulated device");

TEST_CASE("messages are taken apart completely or not at all") {
    WireWriter inner;
    inner.number(1, 5);
    WireWriter writer;
    writer.number(1, 0)
        .number(2, std::numeric_limits<std::uint64_t>::max())
        .bytes(3, "abc\0d"s)
        .bytes(4, inner.message())
        .bytes(4, "")
        .number(100000, 300);
    const std::string bytes = writer.message();
    const auto message = WireMessage::parse(bytes);
    REQUIRE(message);
    CHECK(message->number(1, 7) == 0);
    CHECK(message->number(2) == std::numeric_limits<std::uint64_t>::max());
    CHECK(message->text(3) == "abc\0d"s);
    CHECK(message->all(4).size() == 2);
    CHECK(WireMessage::parse(message->all(4)[0])->number(1) == 5);
    CHECK(message->number(100000) == 300);
    CHECK(message->number(6, 9) == 9);
    CHECK(!message->bytes(6));
    CHECK(!message->has(6));
    CHECK(WireMessage::parse("\x09\x01\0\0\0\0\0\0\x80"s)->number(1) == 0x8000000000000001U);
    CHECK(WireMessage::parse("\x0D\x01\0\0\x80"s)->number(1) == 0x80000001U);

    for (const std::string& wrong :
         {"\x08"s, "\x08\xFF"s, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"s, "\x0A\x02x"s,
          "\x09\0\0\0\0\0\0\0"s, "\x0D\0\0\0"s, "\x0B"s, "\x0C"s, "\x0E"s, "\x0F"s, "\x00\x00"s,
          "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01z"s}) {
        CHECK(!WireMessage::parse(wrong));
    }
    // Neither cut messages nor noise may reach beyond the bytes (the sanitizers watch).
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        static_cast<void>(WireMessage::parse(bytes.substr(0, size)));
    }
    std::mt19937 random(7);
    for (int i = 0; i < 20000; ++i) {
        std::string noise(random() % 24, '\0');
        for (char& c : noise) {
            c = static_cast<char>(random());
        }
        static_cast<void>(WireMessage::parse(noise));
    }
}

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
        host = Descriptor(ends[0]);
        device = Descriptor(ends[1]);
    }
    Descriptor host;
    Descriptor device;
};

std::string packet(std::uint32_t api, std::uint64_t size) {
    std::string bytes = "\x09";
    append_fixed64(bytes, size);
    bytes += "\x15";
    for (unsigned i = 0; i < 4; ++i) {
        bytes.push_back(static_cast<char>(api >> (8 * i)));
    }
    return bytes;
}

TEST_CASE("calls are framed as XRT does it, and anything else is refused") {
    const auto received = [](const std::string& bytes) {
        Pair pair;
        REQUIRE(write(pair.host.get(), bytes.data(), bytes.size()) ==
                static_cast<ssize_t>(bytes.size()));
        pair.host.reset();
        CallStream stream(std::move(pair.device));
        return stream.receive();
    };
    CHECK(!received(""));
    const auto call = received(packet(11, 3) + "abc");
    REQUIRE(call);
    CHECK(call->api == 11);
    CHECK(call->body == "abc");
    CHECK_THROWS_AS(received(packet(11, 3) + "ab"), std::runtime_error);
    CHECK_THROWS_AS(received(packet(11, 3).substr(0, 13)), std::runtime_error);
    CHECK_THROWS_AS(received("GET / HTTP/1.1\r\n"), std::runtime_error);
    CHECK_THROWS_AS(received(packet(11, std::uint64_t{1} << 40)), std::runtime_error);

    Pair pair;
    CallStream stream(std::move(pair.device));
    CHECK(stream.reply("xyz"));
    std::array<char, 12> reply{};
    REQUIRE(read(pair.host.get(), reply.data(), reply.size()) == 12);
    CHECK(reply[0] == 9);
    CHECK(fixed64(reply.data() + 1) == 3);
    CHECK(std::string(reply.data() + 9, 3) == "xyz");
    pair.host.reset();
    CHECK(!stream.reply("xyz"));
}

TEST_CASE("device memory holds its buffers and nothing else") {
    DeviceMemory memory;
    std::array<char, 16> data{};
    CHECK(memory.describe(0) == "there are no buffers");
    CHECK(memory.allocate(0x1000, 0x1000));
    CHECK(memory.allocate(0x3000, std::uint64_t{1} << 36)); // sparse
    CHECK(!memory.allocate(0x1000, 1));
    CHECK(!memory.allocate(0x0FFF, 2));
    CHECK(!memory.allocate(0x1FFF, 2));
    CHECK(!memory.allocate(0x2000, 0x1001));
    CHECK(!memory.allocate(0x2000, 0));
    CHECK(!memory.allocate(~std::uint64_t{0}, 2));
    CHECK(memory.allocate(0x2000, 0x1000));
    CHECK(memory.release(0x2000));
    CHECK(!memory.release(0x2000));
    CHECK(!memory.release(0x1001));
    CHECK(memory.write(0x1FF0, "0123456789abcdef", 16));
    CHECK(memory.read(0x1FF0, data.data(), 16));
    CHECK(std::string(data.data(), 16) == "0123456789abcdef");
    CHECK(!memory.read(0x1FF1, data.data(), 16));
    CHECK(!memory.read(0x0FFF, data.data(), 1));
    CHECK(!memory.read(0x2000, data.data(), 1));
    CHECK(!memory.write(0x2FFF, data.data(), 2));
    CHECK(memory.read((std::uint64_t{1} << 36), data.data(), 16));
    CHECK(data[0] == 0);
    CHECK(memory.describe(0x2800) == "nearest buffer below 0x1000 to 0x2000, nearest buffer above "
                                     "0x3000 to 0x1000003000");
}

TEST_CASE("the description of a kernel names its compute units and can be read back") {
    Manifest manifest = test_manifest("ap_ctrl_chain", 2);
    manifest.part = "a<&>\"'part";
    const std::string xml = embedded_metadata(manifest);
    CHECK(xml.find("a&lt;&amp;&gt;&quot;&apos;part") != std::string::npos);
    const std::vector<InstanceInfo> instances = read_instances(xml);
    REQUIRE(instances.size() == 2);
    CHECK(instances[1].kernel == "blend");
    CHECK(instances[1].name == "blend_2");
    CHECK(instances[1].base == 0x1810000);
    CHECK(instances[1].bytes == 65536);
    CHECK(instances[1].chain);
    CHECK(!read_instances(embedded_metadata(test_manifest("ap_ctrl_hs")))[0].chain);
    CHECK_THROWS_AS(read_instances(""), std::runtime_error);
    CHECK_THROWS_AS(read_instances("<html></html>"), std::runtime_error);
    CHECK_THROWS_AS(read_instances("<project name='x'"), std::runtime_error);
    CHECK_THROWS_AS(read_instances("<project><instance name='u'><addrRemap base='0xZ'/>"),
                    std::runtime_error);
    for (std::size_t size = 0; size < xml.size(); size += 7) {
        try {
            static_cast<void>(read_instances(xml.substr(0, size)));
        } catch (const std::runtime_error&) { // a cut tag
        }
    }
}

/// A device with the test kernel, as a host sees it.
class Bench {
  public:
    explicit Bench(const char* protocol, std::chrono::milliseconds watchdog = {},
                   std::chrono::milliseconds step_watchdog = {})
        : manifest(test_manifest(protocol, 2)),
          server({[this](const std::string& line) { add(line); },
                  [this](const std::string& line) { add(line); }, watchdog, step_watchdog}) {
        write_text(xml, embedded_metadata(manifest));
        CHECK(ack(3, load_message(test_library(manifest))) == 1);
    }
    WireMessage call(std::uint32_t api, const WireWriter& body) {
        reply_ = server.answer({api, body.message()});
        return WireMessage::parse(reply_).value();
    }
    std::uint64_t ack(std::uint32_t api, const WireWriter& body) {
        return call(api, body).number(1);
    }
    WireWriter load_message(const fs::path& library) const {
        return WireWriter().bytes(1, xml.string()).bytes(2, library.string());
    }
    void write_register(std::uint32_t offset, std::uint32_t value) {
        std::string data(4, '\0');
        std::memcpy(data.data(), &value, 4);
        CHECK(ack(51, WireWriter().number(1, 0x1810000).number(2, offset).bytes(3, data)) == 1);
    }
    std::uint32_t read_register(std::uint32_t offset) {
        const WireMessage reply = call(11, WireWriter().number(2, 0x1810000 + offset).number(3, 4));
        CHECK(reply.number(1) == 1);
        return fixed32(reply.bytes(2).value().data());
    }
    /// Starts the second compute unit on buffers of 4 frames at 0x1000, 0x2000, ...
    void start(Deed deed) {
        std::string a(64, '\1');
        a[15] = static_cast<char>(deed);
        for (std::uint64_t i = 1; i <= 4; ++i) {
            call(5, WireWriter().number(1, i * 0x1000));
            CHECK(ack(4, WireWriter().number(1, i * 0x1000).number(2, 0x1000)) == 1);
        }
        CHECK(ack(6, WireWriter().number(3, 0x1000).bytes(4, a).number(5, 64)) == 64);
        for (std::uint32_t i = 0; i < 4; ++i) {
            write_register(0x10 + 12 * i, 0x1000 * (i + 1));
            write_register(0x14 + 12 * i, 0);
        }
        write_register(0x40, 4);
        write_register(0, 1);
    }
    bool done() {
        for (int i = 0; i < 5000; ++i) {
            if ((read_register(0) & 2) != 0) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    bool has_logged(const std::string& text) {
        const std::lock_guard lock(mutex_);
        return lines_.find(text) != std::string::npos;
    }
    bool logged(const std::string& text) {
        for (int i = 0; i < 5000; ++i) {
            if (has_logged(text)) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        MESSAGE(lines_);
        return false;
    }

    Manifest manifest;
    fs::path xml = test_folder() / "kernel.xml";

  private:
    void add(const std::string& line) {
        const std::lock_guard lock(mutex_);
        lines_ += line + "\n";
    }
    std::mutex mutex_;
    std::string lines_;
    std::string reply_;

  public:
    DeviceServer server;
};

TEST_CASE("the device runs a kernel, in both protocols") {
    for (const char* protocol : {"ap_ctrl_hs", "ap_ctrl_chain"}) {
        Bench bench(protocol);
        for (int round = 0; round < 3; ++round) { // nobody writes ap_continue, as XRT does not
            bench.start(Deed::normal);
            REQUIRE(bench.done());
            const std::string result =
                bench.call(7, WireWriter().number(4, 0x3000).number(5, 32)).text(2);
            REQUIRE(result.size() == 32);
            CHECK(fixed32(result.data()) == 120); // 1 + 2 + ... + 15
            CHECK(fixed32(result.data() + 4) == 135);
            CHECK(bench.read_register(0x1c) == 0x2000);
        }
        CHECK(bench.server.idle());
        CHECK(bench.ack(1, WireWriter().number(3, 0)) == 1); // reset: registers are gone
        CHECK(!bench.server.closed());
        CHECK(bench.ack(11, WireWriter().number(2, 0x1810000).number(3, 4)) == 0);
        CHECK(bench.ack(1, WireWriter().number(3, 1)) == 1);
        CHECK(bench.server.closed());
    }
}

TEST_CASE("what a host does wrong is answered as failed") {
    Bench bench("ap_ctrl_hs");
    CHECK(bench.ack(4, WireWriter().number(1, 0x1000).number(2, 0x1000)) == 1);
    CHECK(bench.ack(4, WireWriter().number(1, 0x1800).number(2, 0x1000)) == 0);
    CHECK(bench.logged("cannot allocate 4096 bytes at 0x1800"));
    CHECK(bench.ack(5, WireWriter().number(1, 0x7000)) == 0);
    CHECK(bench.ack(6, WireWriter().number(3, 0x1FFF).bytes(4, "ab")) == 0);
    CHECK(bench.logged("the host wrote 2 bytes at 0x1fff"));
    CHECK(bench.ack(7, WireWriter().number(4, 0x5000).number(5, 8)) == 0);
    CHECK(bench.ack(7, WireWriter().number(4, 0x1000).number(5, std::uint64_t{1} << 60)) == 0);
    CHECK(bench.ack(9, WireWriter().number(2, 0x1000000).bytes(4, "abcd")) == 0);
    CHECK(bench.ack(9, WireWriter().number(2, 0x1810000).bytes(4, "abc")) == 0);
    CHECK(bench.ack(9, WireWriter().number(2, 0x181FFFC).bytes(4, "abcdefgh")) == 0);
    CHECK(bench.ack(11, WireWriter().number(2, 0x1820000).number(3, 4)) == 0);
    CHECK(bench.logged("where there is no compute unit"));
    CHECK(bench.ack(23, WireWriter()) == 0);
    CHECK(bench.logged("call 23 is not supported"));
    CHECK(bench.ack(3, bench.load_message("/nowhere.so")) == 0);
    CHECK(bench.logged("/nowhere.so"));
    CHECK(bench.ack(3, bench.load_message(test_kernel({"-DKERNEL_NAME=\"other\""}))) == 0);
    CHECK(bench.logged("the simulation of kernel other"));
    CHECK_THROWS_AS(bench.server.answer({9, "\x0A\xFF"}), std::runtime_error);
    // A buffer that the host maps has a file.
    const WireMessage reply =
        bench.call(4, WireWriter().number(1, 0x9000).number(2, 5000).number(3, 1));
    CHECK(reply.number(1) == 1);
    CHECK(fs::file_size(reply.text(2)) == 8192);
    CHECK(bench.ack(5, WireWriter().number(1, 0x9000)) == 1);
    CHECK(!fs::exists(reply.text(2)));
}

TEST_CASE("kernels that fail, reach beyond the buffers, or hang are fatal") {
    const auto fatal = [](Deed deed, const char* text) {
        Bench bench("ap_ctrl_chain", std::chrono::milliseconds(100));
        bench.start(deed);
        CAPTURE(text);
        CHECK(bench.logged(text));
    };
    fatal(Deed::fail, "kernel blend:blend_2 failed: it was told to");
    fatal(Deed::read_beyond, "kernel blend:blend_2 read 16 bytes at 0x40001000, beyond every "
                             "buffer (nearest buffer below 0x4000 to 0x5000)");
    fatal(Deed::write_beyond, "wrote 16 bytes at 0x40003000, beyond every buffer");
    fatal(Deed::endless, "kernel blend:blend_2 did not finish within 100 ms");
    fatal(Deed::idle, "kernel blend:blend_2 stopped without an end of its work");
}

TEST_CASE("a kernel may work for any time while its steps come back") {
    {
        Bench bench("ap_ctrl_hs", {}, std::chrono::milliseconds(50));
        bench.start(Deed::patient);
        CHECK(bench.done());
        CHECK(!bench.has_logged("progress"));
    }
    Bench bench("ap_ctrl_hs", {}, std::chrono::milliseconds(50));
    bench.start(Deed::slow);
    CHECK(bench.logged("kernel blend:blend_2 makes no progress: one step of its simulation has "
                       "taken more than 50 ms"));
    CHECK(bench.done());
}

TEST_CASE("a busy kernel does not hold up the others") {
    Bench bench("ap_ctrl_hs");
    bench.start(Deed::slow);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(bench.read_register(0) == 1);
    CHECK(bench.ack(11, WireWriter().number(2, 0x1800000).number(3, 4)) == 1);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(200));
    CHECK(bench.done());
}

TEST_CASE("an image has the same bytes for the same input, and another UUID for any other") {
    const Manifest manifest = test_manifest("ap_ctrl_hs", 2);
    const std::string image = make_xclbin(manifest, "library");
    CHECK(image == make_xclbin(manifest, "library"));
    const auto uuid = [](const std::string& bytes) {
        const fs::path file = test_folder() / "uuid.xclbin";
        write_text(file, bytes);
        return check_xclbin(file).uuid;
    };
    CHECK(uuid(image) != uuid(make_xclbin(manifest, "librarz")));
    CHECK(uuid(image) != uuid(make_xclbin(test_manifest("ap_ctrl_chain", 2), "library")));
    Manifest of_another = manifest;
    of_another.design = "77";
    CHECK(uuid(image) != uuid(make_xclbin(of_another, "library")));

    const auto broken = [&manifest](const std::function<void(Manifest&)>& change) {
        Manifest changed = manifest;
        change(changed);
        CHECK(error_of([&] { make_xclbin(changed, ""); }).kind() == ErrorKind::manifest);
    };
    broken([](Manifest& m) { m.memories[0].tag = "a tag that is too long"; });
    broken([](Manifest& m) { m.memories[0].type = "MEM_CARDS"; });
    broken([](Manifest& m) { m.compute_units[0].banks["in0"] = "HBM[0]"; });
    broken([](Manifest& m) { m.compute_units[0].banks.erase("in0"); });
    broken([](Manifest& m) { m.compute_units[1].base = m.compute_units[0].base + 4096; });
    broken([](Manifest& m) { m.compute_units[1].base = std::uint64_t{1} << 32; });
    broken([](Manifest& m) { m.compute_units[0].name = std::string(60, 'u'); });
    Manifest plain = manifest;
    plain.memories.clear();
    CHECK_NOTHROW(make_xclbin(plain, ""));
}

TEST_CASE("damaged images are told from whole ones") {
    const fs::path file = test_folder() / "damaged.xclbin";
    const std::string image = make_xclbin(test_manifest("ap_ctrl_hs"), "\x7F"s + "ELF library");
    const auto error = [&file](const std::string& bytes) {
        write_text(file, bytes);
        const Error result = error_of([&file] { check_xclbin(file); });
        CHECK(result.kind() == ErrorKind::xclbin);
        return result;
    };
    write_text(file, image);
    const XclbinSummary summary = check_xclbin(file);
    CHECK(summary.simulation);
    CHECK(summary.software_emulation);
    CHECK(summary.platform == "xilinx_u250_gen3x16_xdma_4_1_202210_1");
    CHECK(summary.design == test_manifest("ap_ctrl_hs").design);
    fs::remove(file);
    CHECK(error_of([&file] { check_xclbin(file); }).kind() == ErrorKind::xclbin);
    mentions(error(""), "is no xclbin");
    mentions(error("xclbin1\0 and more"s), "is no xclbin");
    mentions(error(image.substr(0, 100)), "is truncated");
    mentions(error(image.substr(0, image.size() - 1)), "is truncated: it has");
    mentions(error(image + "x"), "is damaged");
    std::string changed = image;
    changed[448] = '\x7F'; // sections
    changed[450] = '\x7F';
    mentions(error(changed), "list of sections");
    changed = image;
    changed[456 + 24 + 4] = 1; // offset of the first section
    mentions(error(changed), "beyond its end");
}

TEST_CASE("an image of another design is refused, one that says nothing is not") {
    const fs::path file = test_folder() / "design.xclbin";
    Manifest manifest = test_manifest("ap_ctrl_hs");
    write_text(file, make_xclbin(manifest, "library"));
    CHECK_NOTHROW(check_design(check_xclbin(file), file, manifest));
    manifest.design = "fedcba9876543210";
    const Error error = error_of([&] { check_design(check_xclbin(file), file, manifest); });
    CHECK(error.kind() == ErrorKind::xclbin);
    mentions(error, "design.xclbin is of another design than this project: it has the design "
                    "0123456789abcdef0123456789abcdef, millrace.json has fedcba9876543210");
    manifest.design.clear(); // of an older compiler
    CHECK_NOTHROW(check_design(check_xclbin(file), file, manifest));
    // An image without our key, or with a section that is no JSON.
    write_text(file, make_xclbin(manifest, "library"));
    CHECK(check_xclbin(file).design.empty());
    manifest.design = "77";
    CHECK_NOTHROW(check_design(check_xclbin(file), file, manifest));
    std::string image = make_xclbin(manifest, "library");
    CHECK(image.find("millrace_design") != std::string::npos);
    image.replace(image.find("millrace_design"), 8, "somebody");
    write_text(file, image);
    CHECK(check_xclbin(file).design.empty());
    image.replace(image.find("somebody_design"), 8, "\"\"\"\"\"\"\"\"");
    write_text(file, image);
    CHECK(check_xclbin(file).design.empty());
}

TEST_CASE("structures are XRT's") {
#ifdef MILLRACE_TEST_HAS_AXLF
    namespace format = millrace::runtime::xclbin;
    static_assert(sizeof(format::Header) == offsetof(axlf, m_sections));
    static_assert(offsetof(format::Header, signature_length) == offsetof(axlf, m_signature_length));
    static_assert(offsetof(format::Header, key_block) == offsetof(axlf, m_keyBlock));
    static_assert(offsetof(format::Header, unique_id) == offsetof(axlf, m_uniqueId));
    constexpr std::size_t inner = offsetof(axlf, m_header);
    static_assert(offsetof(format::Header, length) == inner + offsetof(axlf_header, m_length));
    static_assert(offsetof(format::Header, time_stamp) ==
                  inner + offsetof(axlf_header, m_timeStamp));
    static_assert(offsetof(format::Header, version_patch) ==
                  inner + offsetof(axlf_header, m_versionPatch));
    static_assert(offsetof(format::Header, mode) == inner + offsetof(axlf_header, m_mode));
    static_assert(offsetof(format::Header, rom_uuid) == inner + offsetof(axlf_header, rom_uuid));
    static_assert(offsetof(format::Header, platform) ==
                  inner + offsetof(axlf_header, m_platformVBNV));
    static_assert(offsetof(format::Header, uuid) == inner + offsetof(axlf_header, uuid));
    static_assert(offsetof(format::Header, sections) ==
                  inner + offsetof(axlf_header, m_numSections));
    static_assert(sizeof(format::SectionHeader) == sizeof(axlf_section_header));
    static_assert(offsetof(format::SectionHeader, offset) ==
                  offsetof(axlf_section_header, m_sectionOffset));
    static_assert(sizeof(format::Memory) == sizeof(mem_data));
    static_assert(offsetof(format::Memory, base) == offsetof(mem_data, m_base_address));
    static_assert(offsetof(format::Memory, tag) == offsetof(mem_data, m_tag));
    static_assert(format::list_header_bytes<format::Memory> == offsetof(mem_topology, m_mem_data));
    static_assert(sizeof(format::Ip) == sizeof(ip_data));
    static_assert(offsetof(format::Ip, base) == offsetof(ip_data, m_base_address));
    static_assert(offsetof(format::Ip, name) == offsetof(ip_data, m_name));
    static_assert(format::list_header_bytes<format::Ip> == offsetof(ip_layout, m_ip_data));
    static_assert(sizeof(format::Connection) == sizeof(connection));
    static_assert(format::list_header_bytes<format::Connection> ==
                  offsetof(connectivity, m_connection));
    static_assert(static_cast<unsigned>(format::SectionKind::build_metadata) == BUILD_METADATA);
    static_assert(static_cast<unsigned>(format::SectionKind::ip_layout) == IP_LAYOUT);
    static_assert(static_cast<unsigned>(format::SectionKind::key_values) == KEYVALUE_METADATA);
    static_assert(static_cast<unsigned>(format::Mode::sw_emu) == XCLBIN_SW_EMU);

    const std::string image = make_xclbin(test_manifest("ap_ctrl_chain", 2), "library");
    std::vector<std::uint64_t> aligned((image.size() + 7) / 8);
    std::memcpy(aligned.data(), image.data(), image.size());
    const auto* bytes = reinterpret_cast<const char*>(aligned.data());
    const auto* top = reinterpret_cast<const axlf*>(bytes);
    CHECK(std::string(top->m_magic) == "xclbin2");
    CHECK(top->m_header.m_length == image.size());
    REQUIRE(top->m_header.m_numSections == 7);
    for (std::uint32_t i = 0; i < 7; ++i) {
        const axlf_section_header& section = top->m_sections[i];
        const char* data = bytes + section.m_sectionOffset;
        CHECK(section.m_sectionOffset % 8 == 0);
        if (section.m_sectionKind == MEM_TOPOLOGY) {
            const auto* memories = reinterpret_cast<const mem_topology*>(data);
            REQUIRE(memories->m_count == 2);
            CHECK(memories->m_mem_data[1].m_base_address == (std::uint64_t{1} << 34));
            CHECK(memories->m_mem_data[1].m_type == MEM_DDR4);
            CHECK(std::string(reinterpret_cast<const char*>(memories->m_mem_data[1].m_tag)) ==
                  "DDR[1]");
        } else if (section.m_sectionKind == IP_LAYOUT) {
            const auto* ips = reinterpret_cast<const ip_layout*>(data);
            REQUIRE(ips->m_count == 2);
            const ip_data& ip = ips->m_ip_data[1];
            CHECK(ip.m_type == IP_KERNEL);
            CHECK(((ip.properties & IP_CONTROL_MASK) >> IP_CONTROL_SHIFT) == AP_CTRL_CHAIN);
            CHECK(std::string(reinterpret_cast<const char*>(ip.m_name)) == "blend:blend_2");
        } else if (section.m_sectionKind == CONNECTIVITY) {
            const auto* wires = reinterpret_cast<const connectivity*>(data);
            REQUIRE(wires->m_count == 8);
            CHECK(wires->m_connection[4].m_ip_layout_index == 1);
            CHECK(wires->m_connection[4].mem_data_index == 1);
        } else if (section.m_sectionKind == BITSTREAM) {
            CHECK(std::string(data, section.m_sectionSize) == "library");
        }
    }
#else
    report_skip("XRT's headers are not installed");
#endif
}

TEST_CASE("the fault is repaired where its whole pattern is, and nowhere else") {
    const std::string function = "\x48\x89\x83\x70\x06\0\0"s // the store
                                 "\x48\x89\xE8\xEB\xE1\x0F\x1F\x40\0"s
                                 "\x48\x8B\xBF\x70\x06\0\0\xE8\x14\xE6\xFD\xFF"s
                                 "\x48\x85\xC0\x75\xE6\x48\x8B\xBB\x70\x06\0\0"s
                                 "\xE8\xC3\xE1\xFD\xFF\xEB\xD8"s;
    const std::string around(100, '\x90');
    std::string library = around + function + around;
    CHECK(repair_swemu(library) == Repair::repaired);
    CHECK(library.size() == function.size() + 200);
    std::string expected = around + function + around;
    expected[100 + 32] = '\xDF';
    CHECK(library == expected);
    CHECK(repair_swemu(library) == Repair::not_needed);
    CHECK(library == expected);

    std::string twice = around + function + function;
    CHECK(repair_swemu(twice) == Repair::unknown);
    CHECK(twice == around + function + function);
    std::string without_store = around + function.substr(7);
    CHECK(repair_swemu(without_store) == Repair::unknown);
    std::string other_field = function;
    other_field[3] = '\x78';
    CHECK(repair_swemu(other_field) == Repair::unknown);
    for (std::size_t size = 0; size < function.size(); ++size) {
        std::string cut = function.substr(0, size);
        CHECK(repair_swemu(cut) == Repair::unknown);
        cut = function.substr(size == 0 ? 1 : size);
        CHECK(repair_swemu(cut) == Repair::unknown);
    }

    const fs::path folder = test_folder() / "versions";
    fs::create_directories(folder);
    write_text(folder / "libxrt_swemu.so.2.15.0", "");
    fs::create_symlink("libxrt_swemu.so.2.15.0", folder / "libxrt_swemu.so.2");
    CHECK(xrt_minor_version(folder / "libxrt_swemu.so.2") == 15);
    write_text(folder / "libother.so", "");
    CHECK(xrt_minor_version(folder / "libother.so") == -1);
    CHECK(xrt_minor_version(folder / "missing") == -1);
}

TEST_CASE("the configuration of the emulation has the manifest's memories") {
    Manifest manifest = test_manifest("ap_ctrl_hs");
    manifest.memories[1].kib = 262144;
    manifest.memories.push_back({"HBM[0]", "MEM_HBM", 0, 3U << 20});
    const std::string text = emulation_config(manifest, 3);
    CHECK(text.find(R"("NumDevices": "3")") != std::string::npos);
    CHECK(text.find(R"([ { "Size": "16G" }, { "Size": "256M" }, { "Size": "2G" } ])") !=
          std::string::npos);
}

TEST_SUITE_END();

} // namespace
