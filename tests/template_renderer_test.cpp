// SPDX-License-Identifier: Apache-2.0
//
// The strict renderer: what it prints, and that nothing unset or unused passes.
#include "backends/template_renderer.hpp"
#include "ir/diagnostics.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using millrace::Defect;
using millrace::backends::Escape;
using millrace::backends::render_template;
using nlohmann::json;

std::string render(std::string_view text, const json& values, Escape escape = Escape::none) {
    return render_template(text, values, "t.mustache", escape);
}

} // namespace

TEST_SUITE("template renderer") {
    TEST_CASE("variables, dots, lists, objects and booleans") {
        CHECK(render("a {{x}} {{n}} {{{x}}} {{&x}}", {{"x", "<&>"}, {"n", -3}}) ==
              "a <&> -3 <&> <&>");
        CHECK(render("{{o.a}}{{#o}}{{b}}{{/o}}", {{"o", {{"a", "1"}, {"b", "2"}}}}) == "12");
        CHECK(render("{{#l}}{{.}},{{/l}}{{^l}}none{{/l}}", {{"l", {"a", "b"}}}) == "a,b,");
        CHECK(render("{{#l}}{{.}},{{/l}}{{^l}}none{{/l}}", {{"l", json::array()}}) == "none");
        CHECK(render("{{#b}}yes{{/b}}{{^b}}no{{/b}}", {{"b", false}}) == "no");
        CHECK(render("{{#l}}{{x}}{{y}};{{/l}}", {{"y", "!"}, {"l", {{{"x", 1}}, {{"x", 2}}}}}) ==
              "1!;2!;");
    }

    TEST_CASE("escaping is the caller's choice") {
        CHECK(render("{{x}}{{{x}}}", {{"x", "<\"&'>"}}, Escape::html) ==
              "&lt;&quot;&amp;&apos;&gt;<\"&'>");
        CHECK(render("{{x}}", {{"x", "<\"&'>"}}) == "<\"&'>");
        CHECK(render("{{x}}", {{"x", "{{x}} {{y}}"}}) == "{{x}} {{y}}"); // text is not a template
    }

    TEST_CASE("a tag alone on its line takes the line with it") {
        const std::string text = "a\n  {{#s}}\n  b\n  {{/s}}\n{{! note }}\nc\n";
        CHECK(render(text, {{"s", true}}) == "a\n  b\nc\n");
        CHECK(render(text, {{"s", false}}) == "a\nc\n");
        CHECK(render("{{#l}}\n\nx{{.}}\n{{/l}}\nend", {{"l", {1, 2}}}) == "\nx1\n\nx2\nend");
        CHECK(render("{{#l}}\n{{.}}\n\n{{/l}}\nend\n", {{"l", {1, 2}}}) == "1\n\n2\n\nend\n");
        CHECK(render("x {{#b}}y{{/b}} z\n", {{"b", false}}) == "x  z\n");
        CHECK(render("{{#b}}\ny\n{{/b}}", {{"b", true}}) == "y\n");
    }

    TEST_CASE("an unset name is a defect") {
        CHECK_THROWS_WITH_AS(render("{{x}}", json::object()), "template t.mustache: 'x' is not set",
                             Defect);
        CHECK_THROWS_AS(render("{{#x}}{{/x}}", json::object()), Defect);
        CHECK_THROWS_AS(render("{{^x}}{{/x}}", json::object()), Defect);
        CHECK_THROWS_AS(render("{{o.b}}{{o.a}}", {{"o", {{"a", 1}}}}), Defect);
        CHECK_THROWS_AS(render("{{#l}}{{a}}{{b}}{{/l}}", {{"l", {{{"a", 1}}}}}), Defect);
    }

    TEST_CASE("an unused value is a defect") {
        CHECK_THROWS_WITH_AS(render("text", {{"x", "1"}}),
                             "template t.mustache: value 'x' is not used", Defect);
        CHECK_THROWS_WITH_AS(render("{{#l}}{{a}}{{/l}}", {{"l", {{{"a", 1}, {"b", 2}}}}}),
                             "template t.mustache: value 'l.b' is not used", Defect);
        // Mentioned elsewhere does not count for a list's members.
        CHECK_THROWS_AS(render("{{b}}{{#l}}{{a}}{{/l}}", {{"b", 1}, {"l", {{{"a", 1}, {"b", 2}}}}}),
                        Defect);
        // A section that is not rendered this time mentions its names all the same.
        CHECK(render("{{#no}}{{x}}{{/no}}", {{"no", false}, {"x", 1}}) == "");
    }

    TEST_CASE("bad syntax and values without a text are defects") {
        CHECK_THROWS_WITH_AS(render("a\n{{x", json::object()),
                             "template t.mustache, line 2: tag without end", Defect);
        CHECK_THROWS_AS(render("{{}}", json::object()), Defect);
        CHECK_THROWS_AS(render("{{#a}}", {{"a", true}}), Defect);
        CHECK_THROWS_AS(render("{{/a}}", json::object()), Defect);
        CHECK_THROWS_AS(render("{{#a}}{{#b}}{{/a}}{{/b}}", {{"a", true}, {"b", true}}), Defect);
        CHECK_THROWS_AS(render("{{>p}}", {{"p", "x"}}), Defect);
        CHECK_THROWS_AS(render("{{=<% %>=}}", json::object()), Defect);
        CHECK_THROWS_AS(render("{{x}}", {{"x", 1.5}}), Defect);
        CHECK_THROWS_AS(render("{{x}}", {{"x", nullptr}}), Defect);
        CHECK_THROWS_AS(render("", json::array()), Defect);
    }
}
