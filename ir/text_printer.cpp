// SPDX-License-Identifier: Apache-2.0
//
// Printing of graphs. Inputs come first, then constants, then nodes in their order, then outputs,
// so that every value stands before its uses. The text is a function of the graph's structure and
// names alone (ids do not show), which makes print(parse_graph(print(g))) == print(g).
//
// Floats are written with the fewest digits that read back as the same float, everything else
// exactly. Everything is appended to one string: weights come by the million.
#include "ir/diagnostics.hpp"
#include "ir/text.hpp"
#include "ir/text_records.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <fmt/format.h>
#include <type_traits>

namespace millrace {

namespace {

class Printer {
  public:
    explicit Printer(std::string& out) : out_(out) {}

    void graph(const Graph& graph) {
        raw(to_string(graph.level));
        raw(graph.library == ActorLibrary::rtl ? " rtl " : " ");
        string(graph.name);
        raw(" {\n");
        for (const ValueId id : graph.inputs) {
            raw("  input ");
            declaration(graph.value(id));
            raw("\n");
        }
        for (const Value& value : graph.values) {
            if (value.constant != nullptr) {
                constant(value);
            }
        }
        for (const Node& node : graph.nodes) {
            this->node(graph, node);
        }
        for (const ValueId id : graph.outputs) {
            raw("  output ");
            name(graph.value(id).name);
            raw("\n");
        }
        raw("}\n");
    }

    void op(const Op& op) {
        raw(op_name(op));
        std::visit([this](const auto& alternative) { fields(alternative); }, op);
    }

  private:
    void raw(std::string_view text) { out_ += text; }

    void string(std::string_view text) {
        out_ += '"';
        out_ += escaped(text);
        out_ += '"';
    }

    void name(std::string_view name) {
        out_ += '%';
        if (!name.empty() && std::all_of(name.begin(), name.end(), text::is_plain)) {
            raw(name);
        } else {
            string(name);
        }
    }

    void declaration(const Value& value) {
        name(value.name);
        raw(" : ");
        std::visit([this](const auto& alternative) { type(alternative); }, value.type);
    }

    void constant(const Value& value) {
        raw("  const ");
        declaration(value);
        raw(" = ");
        if (value.constant->shape() != shape_of(value.type)) {
            print(value.constant->shape()); // only a broken graph; the text shows it
            raw(" ");
        }
        elements(*value.constant);
        raw("\n");
    }

    void node(const Graph& graph, const Node& node) {
        raw("  ");
        std::string_view separator;
        for (const ValueId id : node.outputs) {
            raw(separator);
            declaration(graph.value(id));
            separator = ", ";
        }
        raw(" = ");
        raw(op_name(node.op));
        raw("(");
        separator = {};
        for (const ValueId id : node.inputs) {
            raw(separator);
            name(graph.value(id).name);
            separator = ", ";
        }
        raw(")");
        if (!node.onnx_op.empty() || !node.name.empty()) {
            raw(" from ");
            string(node.onnx_op);
            raw(" ");
            string(node.name);
        }
        std::visit([this](const auto& alternative) { fields(alternative); }, node.op);
        raw("\n");
    }

    void type(const RealType& type) {
        raw("real ");
        print(type.element);
        raw(" ");
        print(type.shape);
    }

    void type(const IntegerType& type) {
        raw("integer ");
        print(type.shape);
        raw(" lo ");
        print(type.lo);
        raw(" hi ");
        print(type.hi);
        raw(type.bipolar ? " bipolar grid " : " grid ");
        print(type.grid);
    }

    void type(const StreamType& type) {
        raw("stream ");
        print(type.shape);
        raw(" ");
        print(type.element);
        raw(" x");
        print(type.lanes);
    }

    void elements(const Tensor& tensor) {
        if (const auto* floats = tensor.floats()) {
            raw("floats ");
            print(*floats);
        } else if (const ScaledIntegers* scaled = tensor.scaled()) {
            raw("scaled ");
            print(scaled->values);
            raw(" scale ");
            print(scaled->scale);
            if (scaled->scale.size() != 1) {
                raw(" axis ");
                print(scaled->axis);
            }
        } else {
            raw("reals ");
            print(*tensor.reals());
        }
    }

    /// " {name = value, ...}", nothing when there are no fields.
    template <class T> void fields(const T& record) {
        std::string_view separator = " {";
        text::Record<T>::fields(record, [&](std::string_view field, const auto& value) {
            raw(separator);
            raw(field);
            raw(" = ");
            print(value);
            separator = ", ";
        });
        if (separator == ", ") {
            raw("}");
        }
    }

    void print(bool value) { raw(value ? "true" : "false"); }
    template <std::integral T> void print(T value) {
        const fmt::format_int digits(value);
        out_.append(digits.data(), digits.size());
    }
    void print(const Real& value) {
        // The same text either way; most are small integers, and this is the faster path.
        if (const auto integer = value.as_int64()) {
            print(*integer);
        } else {
            raw(value.to_string());
        }
    }
    void print(DataType value) { raw(to_string(value)); }
    void print(Rounding value) { raw(to_string(value)); }
    void print(const ElementFormat& value) { raw(to_string(value)); }
    void print(ops::Reduction value) { raw(name_of(text::reductions, value)); }
    void print(ops::MemoryStyle value) { raw(name_of(text::memory_styles, value)); }
    void print(ops::MultiplierStyle value) { raw(name_of(text::multiplier_styles, value)); }
    void print(const IntegerType& value) { type(value); }

    void print(const Grid& value) {
        raw("scale ");
        print(value.scale);
        raw(" zero_point ");
        print(value.zero_point);
    }

    template <class T> void print(const std::vector<T>& values) {
        if constexpr (std::is_arithmetic_v<T>) {
            numbers(values);
        } else {
            list(values, ",");
        }
    }
    template <class... Ts> void print(const std::vector<std::variant<Ts...>>& records) {
        list(records, ", ");
    }
    template <class T> void list(const std::vector<T>& values, std::string_view separator) {
        out_ += '[';
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i != 0) {
                raw(separator);
            }
            print(values[i]);
        }
        out_ += ']';
    }

    /// A list of numbers by way of a block of memory that stays in the cache.
    template <class T> void numbers(const std::vector<T>& values) {
        constexpr std::size_t longest = 32; // of one number
        std::array<char, 4096> block;       // NOLINT: written before it is read
        char* at = block.data();
        char* const full = block.data() + block.size() - longest - 1;
        *at++ = '[';
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i != 0) {
                *at++ = ',';
            }
            at = std::to_chars(at, at + longest, values[i]).ptr;
            if (at > full) {
                out_.append(block.data(), at);
                at = block.data();
            }
        }
        out_.append(block.data(), at);
        out_ += ']';
    }

    template <class T> void print(const std::optional<T>& value) {
        if (value) {
            print(*value);
        } else {
            raw("none");
        }
    }

    template <class T> void print(const std::shared_ptr<const T>& value) {
        if (value != nullptr) {
            print(*value);
        } else {
            raw("null");
        }
    }

    void print(const Tensor& value) {
        print(value.shape());
        raw(" ");
        elements(value);
    }

    void print(const ExactFunction& value) {
        raw("channels ");
        print(value.channels);
        raw(" ");
        print(value.steps);
    }

    template <class... Ts> void print(const std::variant<Ts...>& value) {
        std::visit(
            [this]<class T>(const T& record) {
                raw(text::Record<T>::name);
                fields(record);
            },
            value);
    }

    template <class Table, class T> static std::string_view name_of(const Table& table, T value) {
        for (const auto& [entry, name] : table) {
            if (entry == value) {
                return name;
            }
        }
        throw Defect("an enumeration has a value that the text form does not name");
    }

    std::string& out_;
};

} // namespace

std::string print(const Graph& graph) {
    std::string text;
    Printer(text).graph(graph);
    return text;
}

std::string print(const Op& op) {
    std::string text;
    Printer(text).op(op);
    return text;
}

} // namespace millrace
