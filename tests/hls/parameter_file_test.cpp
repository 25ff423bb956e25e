// SPDX-License-Identifier: Apache-2.0
//
// The parameter file: numbers of every encoding come back, and every kind of damage (missing, cut,
// longer, other version, overlapping sections, wrong names, types and counts) is refused with a
// message that names the file.
#include "millrace/millrace.hpp"
#include "parameter_writer.hpp"

#include <doctest/doctest.h>

namespace {

using bench::Directory;
using bench::file_of;
using bench::Section;
using millrace::Bipolar;
using millrace::ChannelTable;
using millrace::ParameterFile;
using millrace::Signed;
using millrace::Unsigned;

const std::vector<Section> good = {
    {"weights", 1, 6, {-32, 31, 0, -1, 5, 6, 7, 8, 9, 10, 11, -12}},
    {"signs", 2, 1, {1, -1, 1, 1, -1, -1, 1}},
    {"table", 0, 64, {INT64_MAX, 0, 1}},
    {"wide", 1, 33, {-(INT64_C(1) << 32), (INT64_C(1) << 32) - 1, 17, -5}}};

struct Objects {
    millrace::MatrixWeights<4, 3, 2, 1, Signed<6>> weights;
    millrace::MatrixWeights<7, 1, 1, 1, Bipolar> signs;
    ChannelTable<3, 1, Unsigned<64>> table;
    millrace::ThresholdTree<2, 1, Signed<33>, 2> wide;

    void load(const std::string& directory) {
        ParameterFile file(directory, "parameters.bin");
        load(file);
    }
    void load(ParameterFile& file) {
        file.load("weights", weights);
        file.load("signs", signs);
        file.load("table", table);
        file.load("wide", wide);
        file.finish();
    }
};

std::string failure(const Directory& directory) {
    Objects objects;
    try {
        objects.load(directory.path());
    } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()).find(directory.path() + "/parameters.bin") !=
              std::string::npos);
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("parameter file: every encoding comes back") {
    Directory directory;
    directory.write(file_of(good));
    Objects objects;
    objects.load(directory.path());
    for (std::size_t i = 0; i < 12; ++i) CHECK(objects.weights.numbers[i] == good[0].numbers[i]);
    for (std::size_t i = 0; i < 7; ++i) CHECK(objects.signs.numbers[i] == good[1].numbers[i]);
    CHECK(objects.signs.signs == std::vector<std::uint64_t>{0x4d});
    CHECK(static_cast<std::int64_t>(objects.table.native(0, 0)) == INT64_MAX);
    CHECK(static_cast<std::int64_t>(objects.table.native(2, 0)) == 1);
    CHECK(objects.wide.native(0)[0] == -(INT64_C(1) << 32));
    CHECK(objects.wide.native(0)[1] == (INT64_C(1) << 32) - 1);
    CHECK(objects.wide.native(1)[1] == -5);
}

TEST_CASE("parameter file: bytes in memory are the same file") {
    const std::string bytes = file_of(good);
    Objects objects;
    {
        std::string copy = bytes;
        ParameterFile file(copy.data(), copy.size(), "memory");
        copy.assign(copy.size(), 'x'); // the file has its own copy
        objects.load(file);
    }
    for (std::size_t i = 0; i < 12; ++i) CHECK(objects.weights.numbers[i] == good[0].numbers[i]);
    CHECK_THROWS_WITH_AS(ParameterFile(bytes.data(), bytes.size() - 1, "memory"),
                         "parameter file 'memory': is cut short", std::runtime_error);
    CHECK_THROWS_AS(ParameterFile("", 0, "memory"), std::runtime_error);
}

TEST_CASE("parameter file: damage is refused") {
    Directory directory;
    CHECK(contains(failure(directory), "cannot be opened"));
    directory.write("");
    CHECK(contains(failure(directory), "not a parameter file"));
    const std::string bytes = file_of(good);
    for (const std::size_t length :
         {std::size_t(7), std::size_t(15), std::size_t(40), std::size_t(399), bytes.size() - 1}) {
        directory.write(bytes.substr(0, length));
        CHECK_FALSE(failure(directory).empty());
    }
    directory.write(bytes + std::string(8, '\0'));
    CHECK(contains(failure(directory), "longer"));
    for (const std::size_t at :
         {std::size_t(0), std::size_t(8), std::size_t(12), std::size_t(16), std::size_t(112),
          std::size_t(116), std::size_t(120), std::size_t(128), std::size_t(136)}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 3);
        directory.write(damaged);
        CHECK_FALSE(failure(directory).empty());
    }
    std::string huge = bytes;
    for (std::size_t i = 120; i < 128; ++i) huge[i] = '\x7f';
    directory.write(huge);
    CHECK(contains(failure(directory), "damaged table"));
}

TEST_CASE("parameter file: sections must be those that the design uses") {
    Directory directory;
    std::vector<Section> sections = good;
    sections[1].name = "other";
    directory.write(file_of(sections));
    CHECK(contains(failure(directory), "no section 'signs'"));
    sections = good;
    sections[0].bits = 7;
    directory.write(file_of(sections));
    CHECK(contains(failure(directory), "section 'weights' has another element type"));
    sections = good;
    sections[0].encoding = 0;
    directory.write(file_of(sections));
    CHECK(contains(failure(directory), "another element type"));
    sections = good;
    sections[2].numbers.push_back(1);
    directory.write(file_of(sections));
    CHECK(contains(failure(directory), "4 elements instead of 3"));
    sections = good;
    sections.push_back({"unused", 0, 8, {1}});
    directory.write(file_of(sections));
    CHECK(contains(failure(directory), "5 sections, the design uses 4"));
}
