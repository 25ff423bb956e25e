// SPDX-License-Identifier: Apache-2.0
//
// kainjow's Mustache does the rendering; what makes it strict is around it:
//  - a context that throws where the library would print nothing;
//  - a scan of the tags beforehand, which knows every name that the template mentions and in which
//    sections, whether they are rendered this time or not;
//  - removal of the lines that hold only a section tag or a comment. The library does so for
//    sections that it renders and leaves an empty line for those that it skips, and it drops an
//    empty line that begins a section's text; the scan does the first itself and protects the
//    second.
#include "backends/template_renderer.hpp"

#include "backends/embedded_templates.hpp"
#include "ir/diagnostics.hpp"

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <vector>

namespace millrace::backends {

namespace {

namespace mustache = kainjow::mustache;

/// A variable that every context knows: the newline of an empty line that begins a section.
constexpr const char* newline_name = "\x01newline";

struct Mention {
    std::string name;                  ///< may have dots
    std::vector<std::string> sections; ///< around it, outermost first
};

class Scanner {
  public:
    Scanner(std::string_view text, std::string_view name) : text_(text), name_(name) { scan(); }

    std::vector<Mention> mentions;
    std::string template_text; ///< without the lines of lone tags

  private:
    struct Tag {
        char kind = 0; ///< '#', '^', '/', '!' or 0
        std::string name;
        std::size_t end = 0; ///< behind the tag
    };

    [[noreturn]] void fail(const std::string& what, std::size_t position) const {
        const auto line =
            1 +
            std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(position), '\n');
        throw Defect(fmt::format("template {}, line {}: {}", name_, line, what));
    }

    static std::string trimmed(std::string_view text) {
        const auto first = text.find_first_not_of(" \t\n");
        if (first == std::string_view::npos) {
            return {};
        }
        return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
    }

    [[nodiscard]] Tag read_tag(std::size_t begin) const {
        const bool raw = text_.substr(begin).starts_with("{{{");
        const std::string_view closing = raw ? "}}}" : "}}";
        const std::size_t inside = begin + closing.size();
        const std::size_t end = text_.find(closing, inside);
        if (end == std::string_view::npos) {
            fail("tag without end", begin);
        }
        Tag tag;
        tag.end = end + closing.size();
        std::string content = trimmed(text_.substr(inside, end - inside));
        if (content.empty()) {
            fail("empty tag", begin);
        }
        if (!raw && std::string_view("#^/!&>=").find(content.front()) != std::string_view::npos) {
            tag.kind = content.front() == '&' ? '\0' : content.front();
            content = trimmed(content.substr(1));
        }
        if (tag.kind == '>' || tag.kind == '=') {
            fail("partials and other delimiters are not used here", begin);
        }
        tag.name = content;
        return tag;
    }

    /// Copies the text, following the tags.
    void scan() {
        std::vector<std::string> sections;
        std::size_t position = 0;
        while (position < text_.size()) {
            const std::size_t begin = text_.find("{{", position);
            if (begin == std::string_view::npos) {
                break;
            }
            template_text += text_.substr(position, begin - position);
            const Tag tag = read_tag(begin);
            if (tag.kind == '/') {
                if (sections.empty() || sections.back() != tag.name) {
                    fail(fmt::format("section '{}' is closed but not open", tag.name), begin);
                }
                sections.pop_back();
            } else if (tag.kind != '!') {
                mentions.push_back({tag.name, sections});
                if (tag.kind != 0) {
                    sections.push_back(tag.name);
                }
            }
            position = tag.end;
            if (tag.kind != 0) {
                position = copy_lone_tag(begin, tag);
            } else {
                template_text += text_.substr(begin, tag.end - begin);
            }
        }
        if (!sections.empty()) {
            fail(fmt::format("section '{}' is not closed", sections.back()), text_.size());
        }
        template_text += text_.substr(position);
    }

    /// Copies a section's tag, without the rest of its line when there is nothing else on it.
    /// Returns where to go on.
    std::size_t copy_lone_tag(std::size_t begin, const Tag& tag) {
        const std::size_t before = begin == 0 ? begin : text_.rfind('\n', begin - 1) + 1;
        const std::size_t line = begin == 0 || before == 0 ? 0 : before;
        const std::size_t after = text_.find_first_not_of(" \t", tag.end);
        const bool alone =
            text_.substr(line, begin - line).find_first_not_of(" \t") == std::string_view::npos &&
            (after == std::string_view::npos || text_[after] == '\n');
        if (alone) {
            template_text.resize(template_text.size() - (begin - line)); // its indentation
        }
        if (tag.kind != '!') {
            template_text += text_.substr(begin, tag.end - begin);
        }
        if (!alone) {
            return tag.end;
        }
        if (after == std::string_view::npos) {
            return text_.size();
        }
        std::size_t next = after + 1;
        while (next < text_.size() && text_[next] == '\n' && tag.kind != '!') {
            template_text += fmt::format("{{{{{{{}}}}}}}", newline_name);
            ++next;
        }
        return next;
    }

    std::string_view text_;
    std::string_view name_;
};

class StrictContext : public mustache::context<std::string> {
  public:
    StrictContext(const mustache::data* values, std::string_view name)
        : context(values),
          name_(name) {}

    const mustache::data* get(const std::string& wanted) const override {
        if (wanted == newline_name) {
            return &newline_;
        }
        const mustache::data* found = context::get(wanted);
        if (found == nullptr) {
            throw Defect(fmt::format("template {}: '{}' is not set", name_, wanted));
        }
        return found;
    }

  private:
    std::string_view name_;
    mustache::data newline_{std::string("\n")};
};

class Values {
  public:
    Values(const std::vector<Mention>& mentions, std::string_view name)
        : mentions_(mentions),
          name_(name) {}

    /// `path`: names of the objects and lists around the value, outermost first.
    mustache::data convert(const nlohmann::json& value, std::vector<std::string>& path) const {
        using Kind = nlohmann::json::value_t;
        switch (value.type()) {
        case Kind::string:
            return {value.get<std::string>()};
        case Kind::boolean:
            return {value.get<bool>()};
        case Kind::number_integer:
        case Kind::number_unsigned:
            return {value.dump()};
        case Kind::array: {
            mustache::data list(mustache::data::type::list);
            for (const nlohmann::json& item : value) {
                list.push_back(convert(item, path));
            }
            return list;
        }
        case Kind::object: {
            mustache::data object(mustache::data::type::object);
            for (const auto& [key, member] : value.items()) {
                if (!mentioned(key, path)) {
                    throw Defect(fmt::format("template {}: value '{}{}' is not used", name_,
                                             path.empty() ? "" : path.back() + ".", key));
                }
                path.push_back(key);
                object.set(key, convert(member, path));
                path.pop_back();
            }
            return object;
        }
        default:
            throw Defect(fmt::format("template {}: value of '{}' is neither text nor an integer",
                                     name_, path.empty() ? "" : path.back()));
        }
    }

  private:
    [[nodiscard]] bool mentioned(const std::string& key,
                                 const std::vector<std::string>& path) const {
        return std::any_of(mentions_.begin(), mentions_.end(), [&](const Mention& mention) {
            if (path.empty()) {
                return mention.name == key || mention.name.starts_with(key + ".");
            }
            const std::string dotted = path.back() + "." + key;
            const bool inside = std::find(mention.sections.begin(), mention.sections.end(),
                                          path.back()) != mention.sections.end();
            return (inside && (mention.name == key || mention.name.starts_with(key + "."))) ||
                   mention.name == dotted || mention.name.starts_with(dotted + ".");
        });
    }

    const std::vector<Mention>& mentions_;
    std::string_view name_;
};

} // namespace

std::string render_template(std::string_view template_text, const nlohmann::json& values,
                            std::string_view name, Escape escape) {
    const Scanner scanner(template_text, name);
    if (!values.is_object()) {
        throw Defect(fmt::format("template {}: the values are not an object", name));
    }
    std::vector<std::string> path;
    const mustache::data data = Values(scanner.mentions, name).convert(values, path);
    mustache::mustache renderer(scanner.template_text);
    if (escape == Escape::none) {
        renderer.set_custom_escape([](const std::string& text) { return text; });
    }
    StrictContext context(&data, name);
    std::string result = renderer.render(context);
    if (!renderer.is_valid()) {
        throw Defect(fmt::format("template {}: {}", name, renderer.error_message()));
    }
    return result;
}

std::string render_embedded(std::string_view path, const nlohmann::json& values) {
    return render_template(embedded_template(path), values, path);
}

} // namespace millrace::backends
