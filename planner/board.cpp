// SPDX-License-Identifier: Apache-2.0
//
// toml++ parses; which tables, keys and values there may be is decided here, key by key, and all
// problems are reported together. What ends up in scripts (parts, platforms, tags) has no other
// characters than such names have.
#include "planner/board.hpp"

#include "ir/cost.hpp"
#include "ir/nearest_name.hpp"
#include "planner/embedded_boards.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <limits>
#include <set>
#include <toml++/toml.h>
#include <utility>

namespace millrace::planner {

namespace {

constexpr std::array families{"zynq7", "zynqmp", "ultrascale+"};
constexpr std::array attachments{"pcie", "embedded"};
constexpr std::array memory_types{"MEM_DDR3", "MEM_DDR4", "MEM_DRAM", "MEM_HBM"};
/// Of a processing system; a block design is made for these.
constexpr std::array processor_ports{"HP0", "HP1", "HP2", "HP3"};
/// An xclbin has 16 bytes for a tag.
constexpr std::size_t longest_tag = 15;

bool is_plain(std::string_view text, std::string_view others) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               others.find(c) != std::string_view::npos;
    });
}

class Reader {
  public:
    Reader(std::string name, std::string file, Diagnostics& diagnostics)
        : file_(std::move(file)),
          diagnostics_(diagnostics),
          errors_before_(diagnostics.error_count()) {
        board_.name = std::move(name);
    }

    std::optional<Board> read(std::string_view text) {
        toml::table root;
        try {
            root = toml::parse(text);
        } catch (const toml::parse_error& error) {
            report(error.source(), escaped(error.description()), "mend the TOML syntax");
            return std::nullopt;
        }
        std::string attachment = "pcie";
        read_keys(
            root, "a board",
            {{"title", [&](const toml::node& node) { read_text(node, "title", board_.title); }},
             {"part", [&](const toml::node& node) { read_name(node, "part", "-_", board_.part); }},
             {"family",
              [&](const toml::node& node) {
                  read_choice(node, "family", families, board_.family);
              }},
             {"attachment",
              [&](const toml::node& node) {
                  read_choice(node, "attachment", attachments, attachment);
              }},
             {"platform",
              [&](const toml::node& node) {
                  read_name(node, "platform", "-_./", board_.platform);
              }},
             {"vivado_board",
              [&](const toml::node& node) {
                  read_name(node, "vivado_board", "-_.:*?", board_.vivado_board);
              }},
             {"clock_mhz",
              [&](const toml::node& node) {
                  read_real(node, "clock_mhz", 1, 2000, board_.clock_mhz);
              }},
             {"pcie_gbytes",
              [&](const toml::node& node) {
                  read_real(node, "pcie_gbytes", 0.001, 1e6, board_.pcie_gbytes);
              }},
             {"control",
              [&](const toml::node& node) {
                  read_integer(node, "control", 0, largest, board_.control);
              }},
             {"device",
              [&](const toml::node& node) { read_resources(node, "device", board_.device); }},
             {"caps", [&](const toml::node& node) { read_caps(node); }},
             {"region", [&](const toml::node& node) { read_regions(node); }},
             {"memory", [&](const toml::node& node) { read_memories(node); }}},
            {"part", "family", "device", "memory"});
        board_.attachment = attachment == "embedded" ? Attachment::embedded : Attachment::pcie;
        if (diagnostics_.error_count() == errors_before_) {
            complete(root);
        }
        if (diagnostics_.error_count() != errors_before_) {
            return std::nullopt;
        }
        return std::move(board_);
    }

  private:
    static constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

    struct Key {
        std::string name;
        std::function<void(const toml::node&)> read;
    };

    void report(const toml::source_region& where, const std::string& message, std::string help) {
        diagnostics_.add({Code::bad_board, Severity::error, file_, "", "",
                          fmt::format("line {}: {}", std::max(where.begin.line, 1U), message),
                          std::move(help)});
    }

    void read_keys(const toml::table& table, std::string_view what, const std::vector<Key>& keys,
                   std::initializer_list<std::string_view> needed) {
        std::vector<std::string> known;
        for (const Key& key : keys) {
            known.push_back(key.name);
        }
        for (const auto& [key, node] : table) {
            const auto found = std::find(known.begin(), known.end(), std::string(key.str()));
            if (found == known.end()) {
                report(key.source(), fmt::format("{} has no key '{}'", what, escaped(key.str())),
                       suggestion(key.str(), known));
            } else {
                keys[static_cast<std::size_t>(found - known.begin())].read(node);
            }
        }
        for (const std::string_view key : needed) {
            if (!table.contains(key)) {
                report(table.source(), fmt::format("{} needs the key '{}'", what, key),
                       "docs/boards.md describes the file");
            }
        }
    }

    void read_text(const toml::node& node, std::string_view key, std::string& value) {
        if (const auto* text = node.as_string(); text == nullptr) {
            report(node.source(), fmt::format("'{}' must be a string", key), "");
        } else if (text->get().empty()) {
            report(node.source(), fmt::format("'{}' must not be empty", key), "");
        } else if (escaped(text->get()) != text->get()) {
            report(node.source(), fmt::format("'{}' has characters that cannot be printed", key),
                   "");
        } else {
            value = text->get();
        }
    }

    /// Letters, digits and some other characters.
    void read_name(const toml::node& node, std::string_view key, std::string_view others,
                   std::string& value) {
        std::string text;
        read_text(node, key, text);
        if (!text.empty() && !is_plain(text, others)) {
            report(node.source(), fmt::format("'{}' is not a possible {}", escaped(text), key),
                   fmt::format("use letters, digits and {}", others));
        } else if (!text.empty()) {
            value = text;
        }
    }

    template <class Choices>
    void read_choice(const toml::node& node, std::string_view key, const Choices& choices,
                     std::string& value) {
        std::string text;
        read_text(node, key, text);
        const std::vector<std::string> known(choices.begin(), choices.end());
        if (text.empty()) {
            return;
        }
        if (std::find(known.begin(), known.end(), text) == known.end()) {
            report(node.source(), fmt::format("unknown {} '{}'", key, escaped(text)),
                   suggestion(text, known));
        } else {
            value = text;
        }
    }

    static std::string_view type_name(const toml::node& node) {
        return node.is_string()           ? "string"
               : node.is_boolean()        ? "truth value"
               : node.is_array()          ? "list"
               : node.is_table()          ? "table"
               : node.is_floating_point() ? "fraction"
                                          : "date or time";
    }

    void read_real(const toml::node& node, std::string_view key, double low, double high,
                   double& value) {
        const std::optional<double> number = node.value<double>();
        if (!number) {
            report(node.source(),
                   fmt::format("'{}' must be a number, not a {}", key, type_name(node)),
                   fmt::format("from {} to {}", low, high));
        } else if (!(*number >= low && *number <= high)) {
            report(node.source(), fmt::format("'{}' is {}, which cannot be", key, *number),
                   fmt::format("use a number from {} to {}", low, high));
        } else {
            value = *number;
        }
    }

    template <class Integer>
    void read_integer(const toml::node& node, std::string_view key, std::int64_t low,
                      std::int64_t high, Integer& value) {
        const auto* number = node.as_integer();
        const std::string range = high == largest ? fmt::format("{} or more", low)
                                                  : fmt::format("from {} to {}", low, high);
        if (number == nullptr) {
            report(node.source(),
                   fmt::format("'{}' must be an integer, not a {}", key, type_name(node)), range);
        } else if (number->get() < low || number->get() > high) {
            report(node.source(), fmt::format("'{}' is {}, which cannot be", key, number->get()),
                   "use an integer, " + range);
        } else {
            value = static_cast<Integer>(number->get());
        }
    }

    Key resource(std::string_view key, std::int64_t& value) {
        constexpr std::int64_t most = 1'000'000'000;
        return {std::string(key), [this, key, &value](const toml::node& node) {
                    read_integer(node, key, 0, most, value);
                }};
    }
    std::vector<Key> resource_keys(Resources& resources) {
        return {resource("lut", resources.lut), resource("ff", resources.ff),
                resource("bram36", resources.bram36), resource("uram", resources.uram),
                resource("dsp", resources.dsp)};
    }

    const toml::table* table_of(const toml::node& node, std::string_view key) {
        if (const toml::table* table = node.as_table()) {
            return table;
        }
        report(node.source(), fmt::format("'{}' must be a table", key),
               fmt::format("write [{}] and its keys below", key));
        return nullptr;
    }
    const toml::array* list_of(const toml::node& node, std::string_view key) {
        const toml::array* list = node.as_array();
        if (list != nullptr && !list->empty() &&
            std::all_of(list->begin(), list->end(),
                        [](const toml::node& item) { return item.is_table(); })) {
            return list;
        }
        report(node.source(), fmt::format("'{}' must be a list of tables", key),
               fmt::format("write [[{}]] and the keys of each below", key));
        return nullptr;
    }

    void read_resources(const toml::node& node, std::string_view key, Resources& resources) {
        if (const toml::table* table = table_of(node, key)) {
            read_keys(*table, fmt::format("[{}]", key), resource_keys(resources),
                      {"lut", "ff", "bram36", "uram", "dsp"});
        }
    }

    void read_caps(const toml::node& node) {
        const toml::table* table = table_of(node, "caps");
        if (table == nullptr) {
            return;
        }
        const auto share = [&](const char* key, double& value) {
            return Key{key, [this, key, &value](const toml::node& cap) {
                           read_real(cap, key, 0.01, 1, value);
                       }};
        };
        read_keys(*table, "[caps]",
                  {share("lut", board_.caps.lut), share("ff", board_.caps.ff),
                   share("bram", board_.caps.bram), share("uram", board_.caps.uram),
                   share("dsp", board_.caps.dsp)},
                  {});
    }

    void read_regions(const toml::node& node) {
        const toml::array* list = list_of(node, "region");
        if (list == nullptr) {
            return;
        }
        for (const toml::node& item : *list) {
            BoardRegion region;
            std::vector<Key> keys = resource_keys(region.free);
            keys.push_back({"name", [&](const toml::node& name) {
                                read_name(name, "name", "_", region.name);
                            }});
            read_keys(*item.as_table(), "[[region]]", keys,
                      {"name", "lut", "ff", "bram36", "uram", "dsp"});
            if (region_named(region.name)) {
                report(item.source(), fmt::format("there are two regions '{}'", region.name), "");
            }
            board_.regions.push_back(std::move(region));
        }
    }

    [[nodiscard]] bool region_named(const std::string& name) const {
        return std::any_of(board_.regions.begin(), board_.regions.end(),
                           [&](const BoardRegion& region) { return region.name == name; });
    }

    void read_memories(const toml::node& node) {
        constexpr std::int64_t most_mib = std::int64_t{1} << 40;
        const toml::array* list = list_of(node, "memory");
        if (list == nullptr) {
            return;
        }
        for (const toml::node& item : *list) {
            BoardMemory memory;
            std::int64_t count = 1;
            std::int64_t mib = 1;
            toml::source_region of_region = item.source();
            read_keys(
                *item.as_table(), "[[memory]]",
                {{"tag", [&](const toml::node& tag) { read_name(tag, "tag", "_[]", memory.tag); }},
                 {"count",
                  [&](const toml::node& number) { read_integer(number, "count", 1, 64, count); }},
                 {"type",
                  [&](const toml::node& type) {
                      read_choice(type, "type", memory_types, memory.type);
                  }},
                 {"base",
                  [&](const toml::node& base) {
                      // Memory is mapped by pages, and no burst crosses their bounds.
                      constexpr std::uint64_t page = 4096;
                      read_integer(base, "base", 0, largest / 2, memory.base);
                      if (memory.base % page != 0) {
                          report(base.source(), "'base' must be a multiple of 4 KiB",
                                 fmt::format("for example 0x{:x}", memory.base / page * page));
                      }
                  }},
                 {"mib",
                  [&](const toml::node& size) { read_integer(size, "mib", 1, most_mib, mib); }},
                 {"region",
                  [&](const toml::node& region) {
                      read_name(region, "region", "_", memory.region);
                      of_region = region.source();
                  }},
                 {"ports", [&](const toml::node& ports) { read_ports(ports, memory.ports); }},
                 {"port_bits",
                  [&](const toml::node& bits) {
                      read_integer(bits, "port_bits", 8, 4096, memory.port_bits);
                  }},
                 {"gbytes_per_second",
                  [&](const toml::node& speed) {
                      read_real(speed, "gbytes_per_second", 0.001, 1e6, memory.gbytes_per_second);
                  }}},
                {"tag", "type", "base", "mib"});
            memory.kib = static_cast<std::uint64_t>(mib) * 1024;
            add_memories(item, of_region, memory, count);
        }
    }

    void read_ports(const toml::node& node, std::vector<std::string>& ports) {
        const toml::array* list = node.as_array();
        if (list == nullptr || list->empty()) {
            report(node.source(), "'ports' must be a list of names", "for example [\"HP0\"]");
            return;
        }
        for (const toml::node& item : *list) {
            std::string port;
            read_choice(item, "port", processor_ports, port);
            ports.push_back(port);
        }
    }

    /// A description with a count stands for TAG[0], TAG[1], ..., one behind the other.
    void add_memories(const toml::node& node, const toml::source_region& of_region,
                      const BoardMemory& described, std::int64_t count) {
        const bool several = node.as_table()->contains("count");
        const std::uint64_t most = (static_cast<std::uint64_t>(largest) - described.base) / 1024;
        if (static_cast<std::uint64_t>(count) > most / described.kib) {
            report(node.source(),
                   fmt::format("memory '{}' ends beyond the last address", escaped(described.tag)),
                   "'mib' is the size of one memory in MiB");
            return;
        }
        for (std::int64_t i = 0; i < count; ++i) {
            BoardMemory memory = described;
            if (several) {
                memory.tag = fmt::format("{}[{}]", described.tag, i);
                memory.base += static_cast<std::uint64_t>(i) * memory.kib * 1024;
            }
            if (memory.ports.empty()) {
                memory.ports = {memory.tag};
            }
            if (memory.tag.size() > longest_tag) {
                report(node.source(), fmt::format("the tag '{}' is too long", memory.tag),
                       fmt::format("use at most {} characters", longest_tag));
            }
            if (!tags_.insert(memory.tag).second) {
                report(node.source(), fmt::format("there are two memories '{}'", memory.tag), "");
            }
            board_.memories.push_back(std::move(memory));
            sources_.push_back({node.source(), of_region});
        }
    }

    /// The shell leaves of the regions what is there, or less.
    void check_regions(const toml::table& root) {
        Resources all;
        for (const BoardRegion& region : board_.regions) {
            all.lut += region.free.lut;
            all.ff += region.free.ff;
            all.bram36 += region.free.bram36;
            all.uram += region.free.uram;
            all.dsp += region.free.dsp;
        }
        const auto check = [&](std::string_view key, std::int64_t free, std::int64_t device) {
            if (free > device) {
                report(root["region"].node()->source(),
                       fmt::format("the regions together have {} '{}', the device has {}", free,
                                   key, device),
                       "a region has what the shell leaves of its part of the device");
            }
        };
        check("lut", all.lut, board_.device.lut);
        check("ff", all.ff, board_.device.ff);
        check("bram36", all.bram36, board_.device.bram36);
        check("uram", all.uram, board_.device.uram);
        check("dsp", all.dsp, board_.device.dsp);
    }

    /// Two memories at one address: buffers of one would lie in the other.
    void check_overlaps() {
        const auto& memories = board_.memories;
        for (std::size_t i = 0; i < memories.size(); ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                const BoardMemory& low = memories[memories[i].base < memories[k].base ? i : k];
                const BoardMemory& high = memories[memories[i].base < memories[k].base ? k : i];
                if (high.base - low.base < low.kib * 1024) {
                    report(sources_[i].memory,
                           fmt::format("memories '{}' and '{}' overlap", memories[k].tag,
                                       memories[i].tag),
                           fmt::format("'{}' ends at 0x{:x}, '{}' begins at 0x{:x}", low.tag,
                                       low.base + low.kib * 1024, high.tag, high.base));
                    return; // one of them tells it all
                }
            }
        }
    }

    /// What the keys' values must fulfil together.
    void complete(const toml::table& root) {
        const bool embedded = board_.attachment == Attachment::embedded;
        if (embedded != (board_.family == "zynq7" || board_.family == "zynqmp")) {
            report(root.source(),
                   fmt::format("attachment '{}' does not go with family '{}'",
                               embedded ? "embedded" : "pcie", board_.family),
                   "embedded boards are zynq7 or zynqmp, the others are behind PCIe");
        }
        const bool seventh = family_of(board_.part) == Family::xc7;
        if (!board_.part.starts_with('x') || seventh != (board_.family == "zynq7")) {
            report(
                root["part"].node()->source(),
                fmt::format("the part '{}' is not of the family '{}'", board_.part, board_.family),
                "parts of zynq7 begin with xc7z, those of the others with xcz, xck, xcu or xcv");
        }
        if (embedded && !root.contains("control")) {
            report(root.source(), "an embedded board needs the key 'control'",
                   "the address where the processor sees control registers");
        }
        if (embedded && (board_.memories.size() != 1 ||
                         board_.memories.front().ports.front() == board_.memories.front().tag)) {
            report(root.source(), "an embedded board has one memory, with ports",
                   "for example ports = [\"HP0\", \"HP1\"]");
        }
        if (board_.title.empty()) {
            board_.title = board_.name;
        }
        const bool one_region = board_.regions.empty();
        if (one_region) {
            board_.regions.push_back({"", board_.device});
        }
        check_regions(root);
        check_overlaps();
        for (std::size_t i = 0; i < board_.memories.size(); ++i) {
            const BoardMemory& memory = board_.memories[i];
            if (!memory.region.empty() && !region_named(memory.region)) {
                std::vector<std::string> names;
                for (const BoardRegion& region : board_.regions) {
                    names.push_back(region.name);
                }
                report(sources_[i].region,
                       fmt::format("memory '{}' is in region '{}', which does not exist",
                                   memory.tag, memory.region),
                       one_region ? "the board has no regions" : suggestion(memory.region, names));
            }
        }
    }

    std::string file_;
    Diagnostics& diagnostics_;
    std::size_t errors_before_;
    Board board_;
    std::set<std::string> tags_;
    struct Source {
        toml::source_region memory;
        toml::source_region region; ///< of its key 'region'
    };
    std::vector<Source> sources_; ///< of board_.memories
};

} // namespace

std::vector<std::string> board_names() {
    const auto names = embedded_board_names();
    return {names.begin(), names.end()};
}

std::optional<Board> known_board(std::string_view name) {
    const auto names = embedded_board_names();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        return std::nullopt;
    }
    Diagnostics diagnostics;
    auto board = read_board(embedded_board(name), std::string(name), std::string(name) + ".toml",
                            diagnostics);
    if (!board) {
        throw Defect(format(diagnostics.all().front()));
    }
    return board;
}

std::optional<Board> read_board(std::string_view toml, const std::string& name,
                                const std::string& file, Diagnostics& diagnostics) {
    auto board = Reader(name, file, diagnostics).read(toml);
    if (board) {
        board->description = toml;
    }
    return board;
}

} // namespace millrace::planner
