// SPDX-License-Identifier: Apache-2.0
//
// Units of elementwise functions: mr_function_*.
//
// Thresholds and breakpoints are a binary search, a level a comparator. A memory of at most 16
// thresholds goes into the comparator's LUTs; a larger one is read a cycle before.
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/memory.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <bit>

namespace millrace {

namespace {

using namespace cost;

bool is_signed_format(const ElementFormat& format) { return is_signed(format); }

/// The narrowest format of tables' rows.
ElementFormat format_of(const std::vector<std::vector<std::int64_t>>& rows) {
    std::int64_t lo = 0;
    std::int64_t hi = 0;
    for (const auto& row : rows) {
        for (const std::int64_t number : row) {
            lo = std::min(lo, number);
            hi = std::max(hi, number);
        }
    }
    return format_for(lo, hi);
}

class Describe {
  public:
    Describe(const ElementFormat& input, const ElementFormat& output) {
        circuit_.input = input;
        circuit_.output = output;
    }

    FunctionCircuit operator()(const form::Identity& /*form*/) {
        circuit_.kind = FunctionCircuit::Kind::identity;
        return circuit_;
    }
    FunctionCircuit operator()(const form::Shift& form) {
        circuit_.kind = FunctionCircuit::Kind::shift;
        circuit_.shift = form.shift;
        circuit_.rounding = form.rounding;
        circuit_.add_bits = signed_bits(form.add);
        adds(form.add);
        const int number = std::max(signed_width(circuit_.input), circuit_.add_bits) + 1;
        limit(form.lo, form.hi, std::max(number - form.shift, 1) + 1);
        return circuit_;
    }
    FunctionCircuit operator()(const form::MultiplyAddShift& form) {
        circuit_.kind = FunctionCircuit::Kind::scale;
        const ScaleCircuit scale = scale_circuit(form, circuit_.input);
        circuit_.shift = form.shift;
        circuit_.add_shift = form.add_shift;
        circuit_.ties = form.tie != 0;
        circuit_.multiplier_bits = scale.multiplier_bits;
        circuit_.multiplier_shared = form.multiplier.size() == 1;
        circuit_.add_bits = scale.add_bits;
        adds(form.add);
        circuit_.product_bits = scale.product_bits;
        circuit_.argument = scale.argument;
        circuit_.dsp = scale.dsp;
        const int sum = std::max(scale.product_bits, scale.add_bits + form.add_shift) + 1;
        limit(form.lo, form.hi, std::max(sum - form.shift, 1) + 1);
        return circuit_;
    }
    FunctionCircuit operator()(const form::Thresholds& form) {
        circuit_.kind = FunctionCircuit::Kind::thresholds;
        const form::Thresholds compared =
            compared_thresholds(form, circuit_.input, circuit_.output);
        rows(compared.thresholds);
        const auto one = [](const std::vector<std::int64_t>& values) {
            return std::all_of(values.begin(), values.end(),
                               [&](std::int64_t value) { return value == values.front(); });
        };
        if (!one(compared.base) || !one(compared.step) || compared.step.front() != 1) {
            circuit_.base_bits = signed_bits(compared.base);
        }
        return circuit_;
    }
    FunctionCircuit operator()(const form::Breakpoints& form) {
        circuit_.kind = FunctionCircuit::Kind::breakpoints;
        std::vector<std::vector<std::int64_t>> starts = form.starts;
        for (auto& row : starts) {
            row.erase(row.begin());
            if (row.empty()) {
                row.push_back(highest_value(circuit_.input) + 1);
            }
        }
        rows(starts);
        return circuit_;
    }
    FunctionCircuit operator()(const form::Table& form) {
        circuit_.kind = FunctionCircuit::Kind::table;
        circuit_.count = static_cast<std::int64_t>(form.values.front().size());
        circuit_.shared = form.values.size() == 1;
        circuit_.low = form.lo;
        return circuit_;
    }

  private:
    void rows(const std::vector<std::vector<std::int64_t>>& numbers) {
        const ElementFormat format = format_of(numbers);
        circuit_.count = static_cast<std::int64_t>(numbers.front().size());
        circuit_.entry_bits = format.bits;
        circuit_.entry_signed = is_signed_format(format);
        circuit_.shared = numbers.size() == 1;
    }
    void adds(const std::vector<std::int64_t>& numbers) {
        std::uint64_t bits = 0;
        for (const std::int64_t number : numbers) {
            bits |= static_cast<std::uint64_t>(number);
        }
        circuit_.adds = bits != 0;
        // Zero for every channel is the same as none.
        circuit_.add_shared = numbers.size() == 1 || bits == 0;
        circuit_.add_zeros = bits == 0 ? 0 : std::countr_zero(bits);
    }
    /// Limits that a number of so many bits may pass.
    void limit(std::int64_t lo, std::int64_t hi, int bits) {
        circuit_.clamped_bits = bits;
        const bool wide = bits >= 63;
        circuit_.limits_low = wide || lo > -(std::int64_t{1} << (bits - 1));
        circuit_.limits_high = wide || hi < (std::int64_t{1} << (bits - 1)) - 1;
    }

    FunctionCircuit circuit_;
};

/// mr_clamp of one number: two comparisons with constants, and the choice for each bit.
double clamp_luts(const FunctionCircuit& circuit) {
    const double checked = std::max(1, circuit.clamped_bits - circuit.output.bits) / 5.0 + 1;
    const int sides = (circuit.limits_low ? 1 : 0) + (circuit.limits_high ? 1 : 0);
    return sides == 0 ? 0 : sides * checked + circuit.output.bits;
}

class Counted {
  public:
    Counted(const FunctionCircuit& circuit, std::int64_t channels, std::int64_t pe,
            ops::MemoryStyle memory, Family family)
        : c_(circuit),
          pe_(pe),
          folds_(channels / pe),
          memory_(memory),
          family_(family) {}

    [[nodiscard]] Cost cost() const {
        switch (c_.kind) {
        case FunctionCircuit::Kind::identity:
            return pipeline(1) + logic(0, lanes() * c_.output.bits);
        case FunctionCircuit::Kind::shift:
            return shift();
        case FunctionCircuit::Kind::scale:
            return scale();
        case FunctionCircuit::Kind::thresholds:
            return thresholds();
        case FunctionCircuit::Kind::breakpoints:
            return breakpoints();
        case FunctionCircuit::Kind::table:
            return direct_table();
        }
        throw Defect("unknown kind of function");
    }

  private:
    [[nodiscard]] double lanes() const { return static_cast<double>(pe_); }
    [[nodiscard]] std::int64_t rows() const { return c_.shared ? 1 : folds_; }

    [[nodiscard]] Cost shift() const {
        const int number = signed_width(c_.input);
        const int sum = std::max(number, c_.add_bits) + 1;
        const int quotient = std::max(sum - c_.shift, 1) + 1;
        Cost lane =
            logic(!c_.adds || c_.add_shared ? 0 : sum - c_.add_zeros, c_.adds ? sum : number);
        const bool rounds = c_.shift > 0 && c_.rounding != Rounding::floor;
        lane += logic(rounds ? (c_.rounding == Rounding::half_even ? 5 : 1) + c_.shift / 5.0 : 0,
                      quotient);
        lane += logic(clamp_luts(c_), c_.output.bits);
        return pipeline(4) +
               channel_constant(pe_, folds_, c_.add_bits - c_.add_zeros, c_.add_shared, memory_,
                                family_) +
               lanes() * (lane + logic(0, c_.input.bits));
    }

    [[nodiscard]] Cost scale() const {
        const int sum = std::max(c_.product_bits, c_.add_bits + c_.add_shift) + 1;
        const int quotient = std::max(sum - c_.shift, 1);
        Cost lane = multiply(c_.argument, {c_.multiplier_bits, Encoding::signed_integer}, c_.dsp,
                             c_.product_bits, family_);
        // Bits below the shift are only kept for ties, below what is added not at all.
        const int below = c_.ties ? 0 : std::min(c_.add_shift, c_.shift);
        lane += logic(0, (c_.dsp && family_ == Family::xc7 ? 0 : c_.input.bits) +
                             std::max(c_.product_bits - below, 0));
        lane += logic(c_.add_shared ? 0 : std::max(sum - c_.add_shift - c_.add_zeros, 0),
                      c_.ties ? sum : quotient);
        lane += logic(c_.ties ? c_.shift / 3.0 : 0, quotient + (c_.ties ? 1 : 0));
        lane += logic(clamp_luts(c_), c_.output.bits);
        return pipeline(6) +
               channel_constant(pe_, folds_, c_.multiplier_bits, c_.multiplier_shared, memory_,
                                family_) +
               channel_constant(pe_, folds_, c_.add_bits - c_.add_zeros, c_.add_shared, memory_,
                                family_) +
               lanes() * lane;
    }

    /// mr_search for all lanes; `keeps_row`: its result comes with the row.
    [[nodiscard]] Cost search(bool keeps_row, std::int64_t& stages) const {
        const int x = is_bipolar(c_.input) ? 2 : c_.input.bits;
        const bool x_signed = !(c_.input.encoding == Encoding::unsigned_integer);
        const bool any_signed = x_signed || c_.entry_signed;
        const int compared =
            std::max({x + (any_signed && !x_signed ? 1 : 0),
                      c_.entry_bits + (any_signed && !c_.entry_signed ? 1 : 0), 2});
        const std::int64_t levels = ceil_log2(c_.count + 1);
        const double row_bits = rows() > 1 ? static_cast<double>(ceil_log2(rows())) : 0;
        Cost cost;
        stages = 0;
        for (std::int64_t level = 1; level <= levels; ++level) {
            const std::int64_t nodes = std::int64_t{1} << (level - 1);
            const std::int64_t step = std::int64_t{1} << (levels - level);
            const std::int64_t there = (c_.count / step + 1) / 2;
            const std::int64_t words = rows() * nodes;
            const auto found = static_cast<double>(level - 1);
            const bool last = level == levels;
            Cost lane = logic(compared * (words == 1 ? 0 : words == 2 ? 0.6 : 1), found + 1);
            if (words > 16) {
                lane += table(c_.entry_bits, words, memory_, true, family_);
                lane += logic(0, x + found);
                cost += logic(0, last && !keeps_row ? 0 : row_bits);
                ++stages;
            }
            if (there < nodes) {
                lane += logic(1 + found / 5, 0);
            }
            if (!last) {
                lane += logic(0, x);
            }
            cost += logic(0, last && !keeps_row ? 0 : row_bits);
            cost += lanes() * lane;
            ++stages;
        }
        return cost;
    }

    [[nodiscard]] Cost thresholds() const {
        std::int64_t stages = 0;
        Cost cost = search(false, stages);
        if (rows() > 1 || c_.base_bits > 0) {
            cost += counter(folds_);
        }
        if (c_.base_bits > 0) {
            const double result =
                std::min(c_.output.bits,
                         std::max(c_.base_bits, static_cast<int>(ceil_log2(c_.count + 1)) + 1) + 1);
            cost += logic(0, static_cast<double>((stages - 1) * ceil_log2(folds_)));
            cost +=
                lanes() * (table(c_.base_bits + 1, folds_, ops::MemoryStyle::lut, true, family_) +
                           logic(result, 0));
        }
        return cost + pipeline(stages);
    }

    [[nodiscard]] Cost breakpoints() const {
        std::int64_t stages = 0;
        Cost cost = search(true, stages);
        const std::int64_t words = rows() << ceil_log2(c_.count + 1);
        cost += lanes() * table(c_.output.bits, words, memory_, true, family_);
        return cost + (rows() > 1 ? counter(folds_) : Cost()) + pipeline(stages + 1);
    }

    [[nodiscard]] Cost direct_table() const {
        const std::int64_t index_bits = std::max<std::int64_t>(ceil_log2(c_.count), 1);
        const std::int64_t words = rows() << index_bits;
        Cost cost = pipeline(2);
        const bool moved = (c_.low & ((std::int64_t{1} << (index_bits - 1)) - 1)) != 0;
        cost += lanes() *
                logic(moved ? static_cast<double>(index_bits) : 0, static_cast<double>(index_bits));
        if (rows() > 1) {
            cost += counter(folds_) + logic(0, static_cast<double>(ceil_log2(folds_)));
        }
        return cost + lanes() * table(c_.output.bits, words, memory_, true, family_);
    }

    const FunctionCircuit& c_;
    std::int64_t pe_;
    std::int64_t folds_;
    ops::MemoryStyle memory_;
    Family family_;
};

} // namespace

FunctionCircuit function_circuit(const FunctionForm& form, const ElementFormat& input,
                                 const ElementFormat& output) {
    return std::visit(Describe(input, output), form);
}

Cost function_cost(const FunctionCircuit& circuit, std::int64_t channels, std::int64_t pe,
                   ops::MemoryStyle memory, Family family) {
    return Counted(circuit, channels, pe, memory, family).cost();
}

} // namespace millrace
