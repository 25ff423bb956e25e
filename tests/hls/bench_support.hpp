// SPDX-License-Identifier: Apache-2.0
//
// What the actors' test benches share: random numbers of an encoding with its edge values, stream
// words written and read bit by bit (independently of the library's own packing), and parameter
// objects filled in either layout.
//
// Every bench runs an actor's hardware loops and, where the build has it, its fast form, and
// compares both with a plain loop over int64. Built with __SYNTHESIS__ only the hardware loops and
// the constant arrays exist; then fill() writes the arrays as templates/hls/README.md lays them
// out.
#ifndef MILLRACE_TESTS_HLS_BENCH_SUPPORT_HPP
#define MILLRACE_TESTS_HLS_BENCH_SUPPORT_HPP

#include "millrace/millrace.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace bench {

typedef std::vector<std::int64_t> Numbers;

inline std::mt19937_64& generator() {
    static std::mt19937_64 engine(20240917);
    return engine;
}

inline std::int64_t random_between(std::int64_t lo, std::int64_t hi) {
    return std::uniform_int_distribution<std::int64_t>(lo, hi)(generator());
}

// The ends of an encoding's range, as far as int64 goes.
template <typename E> std::int64_t lowest() {
    return E::is_bipolar ? -1 : E::is_signed ? INT64_MIN >> (64 - E::bits) : 0;
}
template <typename E> std::int64_t highest() {
    if (E::is_bipolar) return 1;
    return E::is_signed || E::bits == 64 ? INT64_MAX >> (64 - E::bits)
                                         : INT64_MAX >> (63 - E::bits % 64);
}

// One number in four is an end of the range.
template <typename E> std::int64_t random_number() {
    if (E::is_bipolar) return random_between(0, 1) * 2 - 1;
    switch (random_between(0, 7)) {
    case 0:
        return lowest<E>();
    case 1:
        return highest<E>();
    default:
        return random_between(lowest<E>(), highest<E>());
    }
}
template <typename E> Numbers random_numbers(std::size_t count) {
    Numbers numbers(count);
    for (auto& number : numbers) number = random_number<E>();
    return numbers;
}

template <typename E> std::uint64_t code_of(std::int64_t number) {
    if (E::is_bipolar) return number > 0 ? 1 : 0;
    return static_cast<std::uint64_t>(number) & (~std::uint64_t(0) >> (64 - E::bits));
}
template <typename E> std::int64_t number_of(std::uint64_t code) {
    if (E::is_bipolar) return code != 0 ? 1 : -1;
    if (E::is_signed && E::bits < 64 && (code >> (E::bits - 1)) != 0) {
        return static_cast<std::int64_t>(code) - (std::int64_t(1) << E::bits);
    }
    return static_cast<std::int64_t>(code);
}

template <typename E, int LANES, int STRIDE = E::bits>
ap_uint<LANES * STRIDE> word_of(const std::int64_t* numbers) {
    ap_uint<LANES* STRIDE> word = 0;
    for (int lane = 0; lane < LANES; ++lane) {
        const std::uint64_t code = code_of<E>(numbers[lane]);
        for (int b = 0; b < E::bits; ++b) {
            word.range(lane * STRIDE + b, lane * STRIDE + b) = ap_uint<1>((code >> b) & 1);
        }
    }
    return word;
}

// Lane codes of any width, without an encoding.
template <int BITS, int LANES, int W> std::vector<std::uint64_t> codes_of(const ap_uint<W>& word) {
    std::vector<std::uint64_t> codes(LANES, 0);
    for (int lane = 0; lane < LANES; ++lane) {
        for (int b = 0; b < BITS; ++b) {
            const ap_uint<1> bit = word.range(lane * BITS + b, lane * BITS + b);
            if (bit == 1) codes[static_cast<std::size_t>(lane)] |= std::uint64_t(1) << b;
        }
    }
    return codes;
}

template <typename E, int LANES>
void put(hls::stream<ap_uint<LANES * E::bits>>& stream, const Numbers& numbers) {
    for (std::size_t i = 0; i < numbers.size(); i += LANES) {
        stream.write(word_of<E, LANES>(numbers.data() + i));
    }
}

template <typename E, int LANES> Numbers take(hls::stream<ap_uint<LANES * E::bits>>& stream) {
    Numbers numbers;
    while (!stream.empty()) {
        for (const std::uint64_t code : codes_of<E::bits, LANES>(stream.read())) {
            numbers.push_back(number_of<E>(code));
        }
    }
    return numbers;
}

#ifndef __SYNTHESIS__

template <typename Parameters> void fill(Parameters& parameters, const Numbers& numbers) {
    parameters.resize();
    for (std::size_t i = 0; i < numbers.size(); ++i) parameters.set(i, numbers[i]);
}

#else

template <int K, int N, int SIMD, int PE, typename Weight>
void fill(millrace::MatrixWeights<K, N, SIMD, PE, Weight>& weights, const Numbers& numbers) {
    for (int n = 0; n < N; ++n) {
        for (int k = 0; k < K; k += SIMD) {
            weights.words[n % PE][n / PE * (K / SIMD) + k / SIMD] =
                word_of<Weight, SIMD>(numbers.data() + n * K + k);
        }
    }
}

template <int CHANNELS, int PE, typename E, int DEPTH, bool SHARED>
void fill(millrace::ChannelTable<CHANNELS, PE, E, DEPTH, SHARED>& table, const Numbers& numbers) {
    for (int i = 0; i < static_cast<int>(numbers.size()); ++i) {
        const int channel = i / DEPTH;
        table.values[channel % PE][channel / PE * DEPTH + i % DEPTH] = typename E::storage(
            static_cast<unsigned long long>(code_of<E>(numbers[static_cast<std::size_t>(i)])));
    }
}

template <int STAGE, int CHANNELS, int PE, typename T, int COUNT, bool SHARED, typename Level>
void fill_level(const millrace::ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>&, Level& level,
                const Numbers& numbers) {
    int stages = 1;
    while ((1 << stages) - 1 < COUNT) ++stages;
    if (STAGE >= stages) return;
    for (int channel = 0; channel < (SHARED ? 1 : CHANNELS); ++channel) {
        for (int i = 0; i < 1 << STAGE; ++i) {
            const int number = (2 * i + 1) * (1 << (stages - 1 - STAGE)) - 1;
            const std::int64_t value =
                number < COUNT ? numbers[static_cast<std::size_t>(channel * COUNT + number)] : 0;
            level[channel % PE][channel / PE * (1 << STAGE) + i] =
                typename T::storage(static_cast<unsigned long long>(code_of<T>(value)));
        }
    }
}

template <int CHANNELS, int PE, typename T, int COUNT, bool SHARED>
void fill(millrace::ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& tree, const Numbers& numbers) {
    fill_level<0>(tree, tree.level0, numbers);
    fill_level<1>(tree, tree.level1, numbers);
    fill_level<2>(tree, tree.level2, numbers);
    fill_level<3>(tree, tree.level3, numbers);
    fill_level<4>(tree, tree.level4, numbers);
    fill_level<5>(tree, tree.level5, numbers);
    fill_level<6>(tree, tree.level6, numbers);
    fill_level<7>(tree, tree.level7, numbers);
    fill_level<8>(tree, tree.level8, numbers);
    fill_level<9>(tree, tree.level9, numbers);
    fill_level<10>(tree, tree.level10, numbers);
    fill_level<11>(tree, tree.level11, numbers);
}

#endif

// Iterations of pipelined loops during a call; -1 where they are not counted.
template <typename Call> long long iterations_of(Call call) {
#ifdef __SYNTHESIS__
    call();
    return -1;
#else
    const long long before = millrace::loop_iterations();
    call();
    return millrace::loop_iterations() - before;
#endif
}

inline bool iterations_are(long long counted, long long expected) {
    return counted == -1 || counted == expected;
}

} // namespace bench

#endif // MILLRACE_TESTS_HLS_BENCH_SUPPORT_HPP
