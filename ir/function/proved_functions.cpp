// SPDX-License-Identifier: Apache-2.0
#include "ir/function/proved_functions.hpp"

#include "ir/parallel_samples.hpp"

#include <algorithm>
#include <thread>

namespace millrace {

ProvedFunctions prove_functions(const Graph& body) {
    ProvedFunctions result;
    result.forms.resize(body.nodes.size());
    std::vector<std::size_t> nodes;
    for (std::size_t n = 0; n < body.nodes.size(); ++n) {
        if (std::holds_alternative<ops::IntegerFunction>(body.nodes[n].op)) {
            nodes.push_back(n);
        }
    }
    const int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for_each_sample(std::ssize(nodes), jobs, {}, [&](int /*worker*/, std::int64_t i) {
        const std::size_t n = nodes[static_cast<std::size_t>(i)];
        const Node& node = body.nodes[n];
        const auto& input = std::get<IntegerType>(body.value(node.inputs[0]).type);
        result.forms[n] = proved_forms(*std::get<ops::IntegerFunction>(node.op).function, input);
    });
    return result;
}

const FunctionForm* chosen_form(const ProvedFunctions& functions, const Graph& body,
                                std::size_t node, const std::string& name, std::int64_t pe) {
    const std::vector<FunctionForm>& forms = functions.forms.at(node);
    if (forms.empty()) {
        return nullptr;
    }
    if (name.empty()) {
        const auto& from = std::get<IntegerType>(body.value(body.nodes[node].inputs[0]).type);
        const auto& to = std::get<IntegerType>(body.value(body.nodes[node].outputs[0]).type);
        return &cheapest_form(forms, from, to.format(), from.channels() / pe);
    }
    const auto found = std::find_if(forms.begin(), forms.end(), [&](const FunctionForm& form) {
        return form_name(form) == name;
    });
    return found == forms.end() ? nullptr : &*found;
}

} // namespace millrace
