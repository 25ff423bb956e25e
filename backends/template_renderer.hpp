// SPDX-License-Identifier: Apache-2.0
//
// Renders the text templates of templates/: Mustache, and strict. Ordinary Mustache prints nothing
// for a name that is not set and ignores values that no tag asks for; in generated hardware both
// are bugs that compile. Here both are Defects that name the template and the name.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace millrace::backends {

/// What {{name}} does to the value's text; {{{name}}} and {{&name}} never change it.
enum class Escape {
    none, ///< nothing: for source text
    html, ///< & < > " ' become entities
};

/// The template with its tags replaced by the values (an object). Tags: {{name}}, {{a.b}}, {{.}},
/// sections {{#name}}...{{/name}} (over a list: once for each item, whose members are looked up
/// before those around it; over an object: once; over a boolean: when true), {{^name}} when the
/// list is empty or the boolean false, comments {{! }}. A section's tag or comment alone on its
/// line takes the whole line with it. Values are strings, integers, booleans, lists and objects;
/// floating-point numbers are to be formatted by the caller, who knows how many digits they mean.
///
/// Throws Defect, naming `name`, for bad syntax, for a name that is asked for and not set, and for
/// a value that no tag of the template mentions (members of a list or object: within its section,
/// or with its name before a dot). Names in sections that are not rendered count as mentioned.
std::string render_template(std::string_view template_text, const nlohmann::json& values,
                            std::string_view name, Escape escape = Escape::none);

/// The same for a file of templates/ by its path there.
std::string render_embedded(std::string_view path, const nlohmann::json& values);

} // namespace millrace::backends
