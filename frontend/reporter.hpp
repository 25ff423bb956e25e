// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics with the place they belong to (file, node, operator) filled in.
#pragma once

#include "ir/diagnostics.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace millrace::frontend {

class Reporter {
  public:
    Reporter(Diagnostics& diagnostics, std::string file, std::string node = {}, std::string op = {})
        : diagnostics_(&diagnostics),
          file_(std::move(file)),
          node_(std::move(node)),
          op_(std::move(op)) {}

    /// The same file, another node.
    [[nodiscard]] Reporter at(std::string node, std::string op) const {
        return {*diagnostics_, file_, std::move(node), std::move(op)};
    }

    void error(Code code, std::string message, std::string help) const {
        add(Severity::error, code, std::move(message), std::move(help));
    }
    void warning(Code code, std::string message, std::string help) const {
        add(Severity::warning, code, std::move(message), std::move(help));
    }
    void note(Code code, std::string message, std::string help) const {
        add(Severity::note, code, std::move(message), std::move(help));
    }
    [[nodiscard]] std::size_t error_count() const { return diagnostics_->error_count(); }

  private:
    void add(Severity severity, Code code, std::string message, std::string help) const {
        diagnostics_->add({code, severity, file_, node_, op_, std::move(message), std::move(help)});
    }

    Diagnostics* diagnostics_;
    std::string file_;
    std::string node_;
    std::string op_;
};

} // namespace millrace::frontend
