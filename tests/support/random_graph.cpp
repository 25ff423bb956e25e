// SPDX-License-Identifier: Apache-2.0
//
// Fields are drawn and compared through the visitors of the records, by type: a field of a new
// type does not compile until it is drawn here.
#include "tests/support/random_graph.hpp"

#include "ir/text_records.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace millrace::tests {

namespace {

class Generator {
  public:
    explicit Generator(std::mt19937& random) : random_(random) {}

    Graph graph() {
        Graph graph;
        graph.level = pick(Level::network, Level::integer, Level::dataflow);
        graph.name = name();
        for (int i = 0; i < 3; ++i) {
            graph.inputs.push_back(graph.add_value(name(), type()));
        }
        for (int i = 0; i < 3; ++i) {
            Tensor tensor;
            draw(tensor);
            ValueType constant = RealType{tensor.shape(), DataType::float32};
            graph.add_value(name(), constant, std::make_shared<Tensor>(std::move(tensor)));
        }
        every_op(graph, std::make_index_sequence<std::variant_size_v<Op>>{});
        for (int i = 0; i < 4; ++i) {
            graph.outputs.push_back(any_value(graph));
        }
        return graph;
    }

  private:
    template <std::size_t... indices>
    void every_op(Graph& graph, std::index_sequence<indices...> /*all*/) {
        (node<std::variant_alternative_t<indices, Op>>(graph), ...);
    }

    template <class T> void node(Graph& graph) {
        Node node;
        node.op = record<T>();
        if (chance()) {
            node.name = name();
            node.onnx_op = name();
        }
        for (std::int64_t i = below(3); i > 0; --i) {
            node.inputs.push_back(any_value(graph));
        }
        for (std::int64_t i = below(3); i > 0; --i) {
            node.outputs.push_back(graph.add_value(name(), type()));
        }
        graph.nodes.push_back(std::move(node));
    }

    ValueId any_value(const Graph& graph) {
        return static_cast<ValueId>(below(static_cast<std::int64_t>(graph.values.size())));
    }

    template <class T> T record() {
        T result{};
        text::Record<T>::fields(result, [this](std::string_view, auto& field) { draw(field); });
        return result;
    }

    std::int64_t below(std::int64_t bound) {
        return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
    }
    bool chance() { return below(2) != 0; }
    template <class T, class... Ts> T pick(T first, Ts... rest) {
        const std::initializer_list<T> all{first, rest...};
        return all.begin()[below(static_cast<std::int64_t>(all.size()))];
    }

    std::string name() {
        std::string result;
        for (std::int64_t i = below(6); i > 0; --i) {
            result += static_cast<char>(chance() ? 'a' + below(26) : below(256));
        }
        return result;
    }

    ValueType type() {
        switch (below(3)) {
        case 0: {
            RealType type;
            draw(type.shape);
            draw(type.element);
            return type;
        }
        case 1: {
            IntegerType type;
            draw(type);
            return type;
        }
        default: {
            StreamType type;
            draw(type.shape);
            draw(type.element);
            draw(type.lanes);
            return type;
        }
        }
    }

    void draw(bool& value) { value = chance(); }
    void draw(int& value) { value = static_cast<int>(below(100)) - 50; }
    void draw(std::size_t& value) { value = static_cast<std::size_t>(below(100)); }
    void draw(std::int64_t& value) {
        value = pick(below(10), -below(1000), std::numeric_limits<std::int64_t>::min(),
                     std::numeric_limits<std::int64_t>::max());
    }
    void draw(Real& value) {
        const Real small = Real::ratio(below(2001) - 1000, 1 + below(30));
        switch (below(4)) {
        case 0:
            value = Real::dyadic(below(1000) - 500, static_cast<int>(below(400)) - 200);
            break;
        case 1:
            value = small + Real::ratio(1 + below(5), 7) * sqrt(Real(below(20)));
            break;
        default:
            value = small;
        }
    }
    void draw(DataType& value) {
        value = static_cast<DataType>(below(static_cast<std::int64_t>(DataType::boolean) + 1));
    }
    void draw(Rounding& value) {
        value = static_cast<Rounding>(below(static_cast<std::int64_t>(Rounding::down) + 1));
    }
    void draw(ElementFormat& value) {
        draw(value.bits);
        value.encoding =
            pick(Encoding::unsigned_integer, Encoding::signed_integer, Encoding::bipolar);
    }
    void draw(ops::Reduction& value) { value = static_cast<ops::Reduction>(below(3)); }
    void draw(ops::MemoryStyle& value) { value = static_cast<ops::MemoryStyle>(below(4)); }
    void draw(ops::MultiplierStyle& value) { value = static_cast<ops::MultiplierStyle>(below(3)); }
    void draw(Grid& value) {
        draw(value.scale);
        draw(value.zero_point);
    }
    void draw(IntegerType& value) {
        draw(value.shape);
        draw(value.lo);
        draw(value.hi);
        draw(value.bipolar);
        draw(value.grid);
    }
    template <class T> void draw(std::vector<T>& values) {
        values.resize(static_cast<std::size_t>(below(4)));
        for (T& value : values) {
            draw(value);
        }
    }
    template <class T> void draw(std::optional<T>& value) {
        if (chance()) {
            draw(value.emplace());
        }
    }
    template <class T> void draw(std::shared_ptr<const T>& value) {
        if (chance()) {
            T content;
            draw(content);
            value = std::make_shared<T>(std::move(content));
        }
    }
    void draw(Tensor& value) {
        Shape shape;
        for (std::int64_t i = below(4); i > 0; --i) {
            shape.push_back(below(4));
        }
        const auto count = static_cast<std::size_t>(element_count(shape));
        const auto filled = [&]<class T>(std::vector<T> values, auto generate) {
            std::generate(values.begin(), values.end(), generate);
            return values;
        };
        switch (below(3)) {
        case 0:
            value = Tensor(shape, filled(std::vector<float>(count), [this] {
                               return std::ldexp(static_cast<float>(below(1 << 24) - (1 << 23)),
                                                 static_cast<int>(below(200)) - 150);
                           }));
            break;
        case 1: {
            ScaledIntegers scaled;
            scaled.values = filled(std::vector<std::int32_t>(count),
                                   [this] { return static_cast<std::int32_t>(random_()); });
            scaled.scale.resize(1);
            if (!shape.empty() && chance()) {
                scaled.axis = below(static_cast<std::int64_t>(shape.size()));
                scaled.scale.resize(
                    static_cast<std::size_t>(shape[static_cast<std::size_t>(scaled.axis)]));
            }
            for (Real& scale : scaled.scale) {
                draw(scale);
            }
            if (scaled.scale.size() == 1) {
                scaled.axis = 0;
            }
            value = Tensor(shape, std::move(scaled));
            break;
        }
        default:
            value = Tensor(shape, filled(std::vector<Real>(count), [this] {
                               Real real;
                               draw(real);
                               return real;
                           }));
        }
    }
    void draw(ExactFunction& value) {
        draw(value.channels);
        draw(value.steps);
    }
    template <class... Ts> void draw(std::variant<Ts...>& value) {
        std::int64_t skip = below(sizeof...(Ts));
        ((skip-- == 0 ? static_cast<void>(value = record<Ts>()) : void()), ...);
    }

    std::mt19937& random_;
};

template <class T> bool same(const T& a, const T& b) { return a == b; }
bool same(const Tensor& a, const Tensor& b) {
    if (a.shape() != b.shape()) {
        return false;
    }
    if (a.floats() != nullptr && b.floats() != nullptr) {
        return *a.floats() == *b.floats();
    }
    if (a.scaled() != nullptr && b.scaled() != nullptr) {
        return a.scaled()->values == b.scaled()->values && a.scaled()->scale == b.scaled()->scale &&
               a.scaled()->axis == b.scaled()->axis;
    }
    return a.reals() != nullptr && b.reals() != nullptr && *a.reals() == *b.reals();
}
template <class T> bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return a == nullptr || b == nullptr ? a == b : same(*a, *b);
}

/// Field by field; records of one type visit their fields in one order.
template <class T> bool same_fields(const T& a, const T& b) {
    bool result = true;
    T::fields(a, [&](std::string_view name, const auto& of_a) {
        T::fields(b, [&](std::string_view other, const auto& of_b) {
            if constexpr (std::is_same_v<decltype(of_a), decltype(of_b)>) {
                result = result && (name != other || same(of_a, of_b));
            }
        });
    });
    return result;
}

} // namespace

Graph random_graph(std::mt19937& random) { return Generator(random).graph(); }

bool equal(const Graph& a, const Graph& b) {
    if (a.level != b.level || a.name != b.name || a.values.size() != b.values.size()) {
        return false;
    }
    std::map<std::string, ValueId> ids;
    for (std::size_t id = 0; id < b.values.size(); ++id) {
        ids[b.values[id].name] = static_cast<ValueId>(id);
    }
    for (const Value& value : a.values) {
        const auto found = ids.find(value.name);
        if (found == ids.end() || b.values[found->second].type != value.type ||
            !same(b.values[found->second].constant, value.constant)) {
            return false;
        }
    }
    const auto same_values = [&](const std::vector<ValueId>& of_a,
                                 const std::vector<ValueId>& of_b) {
        return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                          [&](ValueId x, ValueId y) { return ids.at(a.value(x).name) == y; });
    };
    const auto same_node = [&](const Node& x, const Node& y) {
        return x.name == y.name && x.onnx_op == y.onnx_op && x.op.index() == y.op.index() &&
               same_values(x.inputs, y.inputs) && same_values(x.outputs, y.outputs) &&
               std::visit([&]<class T>(const T& op) { return same_fields(op, std::get<T>(y.op)); },
                          x.op);
    };
    return same_values(a.inputs, b.inputs) && same_values(a.outputs, b.outputs) &&
           std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), same_node);
}

} // namespace millrace::tests
