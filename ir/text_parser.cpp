// SPDX-License-Identifier: Apache-2.0
//
// Parsing of the text form, by recursive descent without backtracking: one look at the next
// character or word decides. White space, line ends included, only separates. Ops, function steps
// and function forms are found by name among the alternatives of their variants, and their fields
// through their visitors, so that a new op is read without a line here.
//
// The parser answers for syntax, names and the counts that storage depends on; what a graph means
// is the verifier's matter. It takes no memory beyond what the text's own length asks for, whatever
// the numbers in it claim.
#include "ir/diagnostics.hpp"
#include "ir/text.hpp"
#include "ir/text_records.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <unordered_map>

namespace millrace {

namespace {

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Graph graph() {
        level();
        if (peek() != '"') {
            library();
        }
        graph_.name = string();
        expect('{');
        while (!accept('}')) {
            statement();
        }
        skip_space();
        if (at_ != text_.size()) {
            fail_at(at_, "text after the end of the graph");
        }
        return std::move(graph_);
    }

  private:
    // ------------------------------------------------------------------------------ statements

    void level() {
        const std::string_view name = word("the graph's level");
        for (const Level level : {Level::network, Level::integer, Level::dataflow}) {
            if (name == to_string(level)) {
                graph_.level = level;
                return;
            }
        }
        fail(fmt::format("unknown level '{}'", name));
    }

    void library() {
        const std::string_view name = word("the actors' library");
        if (name != "rtl") {
            fail(fmt::format("unknown library '{}'", name));
        }
        graph_.library = ActorLibrary::rtl;
    }

    void statement() {
        const char next = peek();
        if (next == '%' || next == '=') {
            node();
            return;
        }
        const std::string_view keyword = word("input, const, output, a node or '}'");
        if (keyword == "input") {
            graph_.inputs.push_back(declaration());
        } else if (keyword == "const") {
            constant();
        } else if (keyword == "output") {
            graph_.outputs.push_back(use());
        } else {
            fail(fmt::format("unknown statement '{}'", keyword));
        }
    }

    ValueId declaration() {
        std::string name = value_name();
        const auto id = static_cast<ValueId>(graph_.values.size());
        if (!ids_.emplace(name, id).second) {
            fail(fmt::format("value {} is defined twice", quoted(name)));
        }
        expect(':');
        graph_.values.push_back({std::move(name), value_type(), nullptr});
        return id;
    }

    ValueId use() {
        const std::string name = value_name();
        const auto found = ids_.find(name);
        if (found == ids_.end()) {
            fail(fmt::format("value {} is used before it is defined", quoted(name)));
        }
        return found->second;
    }

    void constant() {
        const ValueId id = declaration();
        expect('=');
        Shape shape = shape_of(graph_.values[id].type);
        if (peek() == '[') {
            read(shape);
        }
        graph_.values[id].constant = std::make_shared<Tensor>(elements(std::move(shape)));
    }

    void node() {
        // The outputs must not be known to the inputs, so that they are added last.
        std::vector<std::pair<std::string, ValueType>> outputs;
        while (!accept('=')) {
            if (!outputs.empty()) {
                expect(',');
            }
            std::string name = value_name();
            expect(':');
            outputs.emplace_back(std::move(name), value_type());
        }
        Node node;
        const std::string_view op = word("an op's name");
        const std::size_t op_at = token_;
        expect('(');
        while (!accept(')')) {
            if (!node.inputs.empty()) {
                expect(',');
            }
            node.inputs.push_back(use());
        }
        if (accept_word("from")) {
            node.onnx_op = string();
            node.name = string();
        }
        read_record(op, op_at, "op", node.op);
        for (auto& [name, type] : outputs) {
            const auto id = static_cast<ValueId>(graph_.values.size());
            if (!ids_.emplace(name, id).second) {
                fail(fmt::format("value {} is defined twice", quoted(name)));
            }
            graph_.values.push_back({std::move(name), std::move(type), nullptr});
            node.outputs.push_back(id);
        }
        graph_.nodes.push_back(std::move(node));
    }

    // ------------------------------------------------------------------------- types and values

    ValueType value_type() {
        const std::string_view kind = word("a type");
        if (kind == "real") {
            RealType type;
            read(type.element);
            read(type.shape);
            return type;
        }
        if (kind == "integer") {
            return integer_type();
        }
        if (kind == "stream") {
            StreamType type;
            read(type.shape);
            read(type.element);
            expect('x');
            read(type.lanes);
            return type;
        }
        fail(fmt::format("unknown type '{}'", kind));
    }

    IntegerType integer_type() {
        IntegerType type;
        read(type.shape);
        expect_word("lo");
        read(type.lo);
        expect_word("hi");
        read(type.hi);
        type.bipolar = accept_word("bipolar");
        expect_word("grid");
        read(type.grid);
        return type;
    }

    Tensor elements(Shape shape) {
        const std::string_view storage = word("floats, scaled or reals");
        const std::size_t start = token_;
        if (storage == "floats") {
            std::vector<float> values;
            read(values);
            return tensor(start, std::move(shape), std::move(values));
        }
        if (storage == "reals") {
            std::vector<Real> values;
            read(values);
            return tensor(start, std::move(shape), std::move(values));
        }
        if (storage == "scaled") {
            ScaledIntegers values;
            read(values.values);
            expect_word("scale");
            read(values.scale);
            if (accept_word("axis")) {
                read(values.axis);
            }
            check_scale(start, shape, values);
            return tensor(start, std::move(shape), std::move(values));
        }
        fail(fmt::format("unknown storage '{}'", storage));
    }

    void check_scale(std::size_t start, const Shape& shape, const ScaledIntegers& values) {
        if (values.scale.size() == 1) {
            return;
        }
        const auto rank = static_cast<std::int64_t>(shape.size());
        if (values.axis < 0 || values.axis >= rank ||
            shape[static_cast<std::size_t>(values.axis)] !=
                static_cast<std::int64_t>(values.scale.size())) {
            fail_at(start, "the number of scales is neither one nor the size of their axis");
        }
    }

    static std::size_t count(const std::vector<float>& values) { return values.size(); }
    static std::size_t count(const std::vector<Real>& values) { return values.size(); }
    static std::size_t count(const ScaledIntegers& values) { return values.values.size(); }

    template <class Values> Tensor tensor(std::size_t start, Shape shape, Values values) {
        std::int64_t expected = 0;
        try {
            expected = element_count(shape);
        } catch (const std::exception& error) {
            fail_at(start, error.what());
        }
        if (expected != static_cast<std::int64_t>(count(values))) {
            fail_at(start,
                    fmt::format("{} elements for shape {}", count(values), to_string(shape)));
        }
        return {std::move(shape), std::move(values)};
    }

    // ---------------------------------------------------------------------------------- records

    /// Finds the alternative called `name` and reads its fields.
    template <class... Ts>
    void read_record(std::string_view name, std::size_t name_at, std::string_view what,
                     std::variant<Ts...>& result) {
        const bool found =
            ((name == text::Record<Ts>::name ? (result = fields<Ts>(name_at), true) : false) ||
             ...);
        if (!found) {
            fail_at(name_at, fmt::format("unknown {} '{}'", what, name));
        }
    }

    template <class T> T fields(std::size_t name_at) {
        T record{};
        std::vector<std::string_view> missing;
        text::Record<T>::fields(record,
                                [&](std::string_view field, auto&) { missing.push_back(field); });
        if (accept('{')) {
            do {
                const std::string_view field = word("a field's name");
                const auto entry = std::find(missing.begin(), missing.end(), field);
                if (entry == missing.end()) {
                    fail(fmt::format("unknown or repeated field '{}' of {}", field,
                                     text::Record<T>::name));
                }
                missing.erase(entry);
                expect('=');
                text::Record<T>::fields(record, [&](std::string_view candidate, auto& value) {
                    if (candidate == field) {
                        read(value);
                    }
                });
            } while (accept(','));
            expect('}');
        }
        if (!missing.empty()) {
            fail_at(name_at,
                    fmt::format("{} lacks its field '{}'", text::Record<T>::name, missing.front()));
        }
        return record;
    }

    // ----------------------------------------------------------------------------- field values

    void read(bool& value) {
        const std::string_view name = word("true or false");
        if (name != "true" && name != "false") {
            fail(fmt::format("'{}' is neither true nor false", name));
        }
        value = name == "true";
    }

    template <class T>
    requires std::integral<T> || std::floating_point<T>
    void read(T& value) {
        skip_space();
        token_ = at_;
        const char* const end = text_.data() + text_.size();
        const auto [rest, error] = std::from_chars(text_.data() + at_, end, value);
        if (error == std::errc::result_out_of_range) {
            fail("the number is out of range");
        }
        if (error != std::errc{}) {
            fail("a number is expected");
        }
        at_ = static_cast<std::size_t>(rest - text_.data());
        if constexpr (std::floating_point<T>) {
            if (!std::isfinite(value)) {
                fail("the number is not finite");
            }
        }
    }

    void read(Real& value) {
        skip_space();
        token_ = at_;
        // What Real::to_string() uses; '~' marks a number that has no exact text.
        while (at_ < text_.size() &&
               (text::is_plain(text_[at_]) ||
                std::string_view("+-*/^()~").find(text_[at_]) != std::string_view::npos)) {
            ++at_;
        }
        const std::string_view number = text_.substr(token_, at_ - token_);
        std::int64_t integer = 0; // most are small integers, and this is the faster path
        const char* const end = number.data() + number.size();
        if (const auto [rest, error] = std::from_chars(number.data(), end, integer);
            error == std::errc{} && rest == end) {
            value = Real(integer);
            return;
        }
        auto parsed = Real::parse(number);
        if (!parsed) {
            fail(fmt::format("'{}' is not an exact number", number));
        }
        value = std::move(*parsed);
    }

    void read(DataType& value) {
        const std::string_view name = word("an element type");
        const auto type = data_type_from_string(name);
        if (!type) {
            fail(fmt::format("unknown element type '{}'", name));
        }
        value = *type;
    }

    void read(Rounding& value) {
        const std::string_view name = word("a rounding mode");
        const auto mode = rounding_from_string(name);
        if (!mode) {
            fail(fmt::format("unknown rounding mode '{}'", name));
        }
        value = *mode;
    }

    void read(ElementFormat& value) {
        const char letter = peek();
        token_ = at_;
        for (const auto& [encoding, name] : text::encodings) {
            if (name.front() == letter) {
                value.encoding = encoding;
                ++at_;
                read(value.bits);
                return;
            }
        }
        fail("an element format like u8, s8 or b1 is expected");
    }

    void read(ops::Reduction& value) { value = entry(text::reductions, "reduction"); }
    void read(ops::MemoryStyle& value) { value = entry(text::memory_styles, "memory style"); }
    void read(ops::MultiplierStyle& value) {
        value = entry(text::multiplier_styles, "multiplier style");
    }

    void read(IntegerType& value) {
        expect_word("integer");
        value = integer_type();
    }

    void read(Grid& value) {
        expect_word("scale");
        read(value.scale);
        expect_word("zero_point");
        read(value.zero_point);
    }

    template <class T> void read(std::vector<T>& values) {
        values.clear();
        expect('[');
        if (accept(']')) {
            return;
        }
        do {
            read(values.emplace_back());
        } while (accept(','));
        expect(']');
    }

    template <class T> void read(std::optional<T>& value) {
        if (accept_word("none")) {
            value.reset();
        } else {
            read(value.emplace());
        }
    }

    void read(TensorPtr& value) {
        if (accept_word("null")) {
            value = nullptr;
            return;
        }
        Shape shape;
        read(shape);
        value = std::make_shared<Tensor>(elements(std::move(shape)));
    }

    template <class T> void read(std::shared_ptr<const T>& value) {
        if (accept_word("null")) {
            value = nullptr;
            return;
        }
        T content;
        read(content);
        value = std::make_shared<T>(std::move(content));
    }

    void read(ExactFunction& value) {
        expect_word("channels");
        read(value.channels);
        read(value.steps);
    }

    template <class... Ts> void read(std::variant<Ts...>& value) {
        const std::string_view name = word("a step or form");
        read_record(name, token_, "step or form", value);
    }

    template <class T, std::size_t size>
    T entry(const std::array<text::Names<T>, size>& table, std::string_view what) {
        const std::string_view name = word(what);
        for (const auto& [value, candidate] : table) {
            if (candidate == name) {
                return value;
            }
        }
        fail(fmt::format("unknown {} '{}'", what, name));
    }

    // ----------------------------------------------------------------------------------- tokens

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\t' || text_[at_] == '\r')) {
            ++at_;
        }
    }

    /// The next character that is not white space; 0 at the end.
    char peek() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool accept(char character) {
        if (at_ < text_.size() && text_[at_] == character) { // the common case of long lists
            ++at_;
            return true;
        }
        if (peek() == character && at_ < text_.size()) {
            ++at_;
            return true;
        }
        return false;
    }

    void expect(char character) {
        if (!accept(character)) {
            fail_at(at_, fmt::format("'{}' is expected", character));
        }
    }

    std::string_view word_ahead() {
        skip_space();
        std::size_t end = at_;
        while (end < text_.size() && text::is_plain(text_[end])) {
            ++end;
        }
        return text_.substr(at_, end - at_);
    }

    std::string_view word(std::string_view what) {
        const std::string_view result = word_ahead();
        token_ = at_;
        if (result.empty()) {
            fail(fmt::format("{} is expected", what));
        }
        at_ += result.size();
        return result;
    }

    bool accept_word(std::string_view keyword) {
        if (word_ahead() != keyword) {
            return false;
        }
        at_ += keyword.size();
        return true;
    }

    void expect_word(std::string_view keyword) {
        if (!accept_word(keyword)) {
            fail_at(at_, fmt::format("'{}' is expected", keyword));
        }
    }

    std::string value_name() {
        expect('%');
        token_ = at_;
        if (at_ < text_.size() && text_[at_] == '"') {
            return string();
        }
        std::size_t end = at_;
        while (end < text_.size() && text::is_plain(text_[end])) {
            ++end;
        }
        if (end == at_) {
            fail("a value's name is expected after '%'");
        }
        const std::size_t start = std::exchange(at_, end);
        return std::string(text_.substr(start, end - start));
    }

    /// The inverse of escaped().
    std::string string() {
        expect('"');
        token_ = at_;
        std::string result;
        while (at_ < text_.size() && text_[at_] != '\n') {
            const char character = text_[at_++];
            if (character == '"') {
                return result;
            }
            result += character == '\\' ? escape() : character;
        }
        fail("the string does not end");
    }

    char escape() {
        const char kind = at_ < text_.size() ? text_[at_++] : '\0';
        if (kind == '"' || kind == '\\') {
            return kind;
        }
        if (kind == 'n') {
            return '\n';
        }
        constexpr std::size_t digits = 2;
        if (kind == 'x' && text_.size() - at_ >= digits) {
            unsigned char byte = 0;
            const char* const start = text_.data() + at_;
            const auto [rest, error] = std::from_chars(start, start + digits, byte, 16);
            if (error == std::errc{} && rest == start + digits) {
                at_ += digits;
                return static_cast<char>(byte);
            }
        }
        fail_at(at_, "unknown escape in a string");
    }

    static std::string quoted(const std::string& name) { return '\'' + escaped(name) + '\''; }

    /// Reports at the last token.
    [[noreturn]] void fail(std::string_view message) { fail_at(token_, message); }

    [[noreturn]] void fail_at(std::size_t position, std::string_view message) const {
        const std::string_view before = text_.substr(0, position);
        const auto lines = std::count(before.begin(), before.end(), '\n');
        throw TextError(fmt::format("line {}: {}", lines + 1, message));
    }

    std::string_view text_;
    std::size_t at_ = 0;    ///< of the next character
    std::size_t token_ = 0; ///< of the last token, for messages
    Graph graph_;
    std::unordered_map<std::string, ValueId> ids_;
};

} // namespace

Graph parse_graph(std::string_view text) { return Parser(text).graph(); }

} // namespace millrace
