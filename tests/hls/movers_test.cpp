// SPDX-License-Identifier: Apache-2.0
//
// Actors that move elements without changing them (width converter, fork, memory and AXI-stream
// movers) and top-k, against plain loops over the frame's elements: all ratios of lanes, partly
// filled memory words, ties, several frames; and their documented numbers of iterations.
#include "bench_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

namespace {

using bench::Numbers;
using millrace::Bipolar;
using millrace::Signed;
using millrace::Unsigned;

template <int IN, int OUT, int BITS, int ELEMENTS> void check_width_converter() {
    CAPTURE(IN);
    CAPTURE(OUT);
    CAPTURE(BITS);
    typedef Unsigned<BITS> E;
    const int frames = 3;
    const Numbers x = bench::random_numbers<E>(static_cast<std::size_t>(frames) * ELEMENTS);
    hls::stream<ap_uint<IN * BITS>> in("in");
    hls::stream<ap_uint<OUT * BITS>> out("out");
    bench::put<E, IN>(in, x);
    const long long cycles = bench::iterations_of([&] {
        millrace::detail::convert_lanes_loops<E, IN, BITS, OUT, BITS, ELEMENTS, false>(in, out,
                                                                                       frames);
    });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(frames) *
                                            std::max(ELEMENTS / IN, ELEMENTS / OUT)));
    CHECK(bench::take<E, OUT>(out) == x);
    bench::put<E, IN>(in, x);
    millrace::width_converter<IN, OUT, BITS, ELEMENTS>(in, out, frames);
    CHECK(bench::take<E, OUT>(out) == x);
    CHECK(in.empty());
}

template <int BITS> void check_ratios() {
    check_width_converter<1, 1, BITS, 5>();
    check_width_converter<1, 6, BITS, 24>();
    check_width_converter<6, 1, BITS, 24>();
    check_width_converter<2, 8, BITS, 16>();
    check_width_converter<12, 3, BITS, 12>();
    check_width_converter<2, 3, BITS, 12>();
    check_width_converter<3, 2, BITS, 12>();
    check_width_converter<4, 10, BITS, 20>();
    check_width_converter<10, 4, BITS, 60>();
    check_width_converter<7, 16, BITS, 112>();
    check_width_converter<49, 28, BITS, 196>();
}

template <typename E, int MEM_BITS, int LANES, int ELEMENTS> void check_memory() {
    CAPTURE(MEM_BITS);
    CAPTURE(LANES);
    CAPTURE(ELEMENTS);
    CAPTURE(E::bits + 0);
    int container = 1;
    while (container < E::bits) container *= 2;
    const int per_word = MEM_BITS / container;
    const int words = (ELEMENTS + per_word - 1) / per_word;
    const int frames = 3;
    CHECK(millrace::memory_words<MEM_BITS, E, ELEMENTS>() == words);
    const Numbers x = bench::random_numbers<E>(static_cast<std::size_t>(frames) * ELEMENTS);

    // What a host sees: bytes. Bits that do not count are noise on the way in.
    std::vector<ap_uint<MEM_BITS>> memory(static_cast<std::size_t>(words * frames));
    std::vector<ap_uint<MEM_BITS>> expected(memory.size());
    for (auto& word : memory) {
        for (int b = 0; b < MEM_BITS; b += 32) {
            word.range(b + 31, b) =
                ap_uint<32>(static_cast<unsigned long long>(bench::random_between(0, 0xffffffff)));
        }
    }
    for (auto& word : expected) word = 0;
    for (int f = 0; f < frames; ++f) {
        for (int i = 0; i < ELEMENTS; ++i) {
            const std::int64_t number = x[static_cast<std::size_t>(f * ELEMENTS + i)];
            const std::uint64_t code = bench::code_of<E>(number);
            const std::size_t word = static_cast<std::size_t>(f * words + i / per_word);
            const int at = i % per_word * container;
            for (int b = 0; b < container; ++b) {
                const int extended = b < E::bits ? static_cast<int>((code >> b) & 1)
                                     : E::is_signed && number < 0 ? 1
                                                                  : 0;
                expected[word].range(at + b, at + b) = ap_uint<1>(extended);
                if (b < E::bits) memory[word].range(at + b, at + b) = ap_uint<1>(extended);
            }
        }
    }

    hls::stream<ap_uint<LANES * E::bits>> stream("stream");
    millrace::memory_to_stream<MEM_BITS, LANES, E, ELEMENTS>(memory.data(), stream, frames);
    CHECK(stream.size() == static_cast<std::size_t>(frames * ELEMENTS / LANES));
    CHECK(bench::take<E, LANES>(stream) == x);
    bench::put<E, LANES>(stream, x);
    for (auto& word : memory) word = 0;
    millrace::stream_to_memory<MEM_BITS, LANES, E, ELEMENTS>(stream, memory.data(), frames);
    CHECK(stream.empty());
    bool equal = true;
    for (std::size_t i = 0; i < memory.size(); ++i) equal = equal && memory[i] == expected[i];
    CHECK(equal);

    // The regrouping loops, which the calls above replace by a fast form.
    constexpr int lanes = millrace::memory_lanes<MEM_BITS, E>();
    constexpr int stride = millrace::container_bits(E::bits);
    hls::stream<ap_uint<lanes * stride>> wide("wide");
    for (const auto& word : expected) wide.write(word);
    const long long in_cycles = bench::iterations_of([&] {
        millrace::detail::convert_lanes_loops<E, lanes, stride, LANES, E::bits, ELEMENTS, false>(
            wide, stream, frames);
    });
    CHECK(bench::iterations_are(in_cycles, static_cast<long long>(frames) *
                                               std::max(words, ELEMENTS / LANES)));
    const long long out_cycles = bench::iterations_of([&] {
        millrace::detail::convert_lanes_loops<E, LANES, E::bits, lanes, stride, ELEMENTS, true>(
            stream, wide, frames);
    });
    const long long least = std::max(words, ELEMENTS / LANES);
    CHECK((bench::iterations_are(out_cycles, frames * least) ||
           bench::iterations_are(out_cycles, frames * (least + 1))));
    equal = wide.size() == expected.size();
    for (std::size_t i = 0; equal && i < expected.size(); ++i) {
        equal = equal && wide.read() == expected[i];
    }
    CHECK(equal);
}

template <int N, int K, int PE, typename In, bool LARGEST, bool LAST_INDEX> void check_top_k() {
    CAPTURE(N);
    CAPTURE(K);
    CAPTURE(PE);
    constexpr int index_width = millrace::index_bits(N) + 1;
    const int frames = 8;
    const int vectors = 2;
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames * vectors) * N);
    Numbers indices;
    Numbers values;
    for (std::size_t first = 0; first < x.size(); first += N) {
        std::vector<std::size_t> order(N);
        std::iota(order.begin(), order.end(), 0);
        if (LAST_INDEX) std::reverse(order.begin(), order.end());
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return LARGEST ? x[first + a] > x[first + b] : x[first + a] < x[first + b];
        });
        for (std::size_t k = 0; k < K; ++k) {
            indices.push_back(static_cast<std::int64_t>(order[k]));
            values.push_back(x[first + order[k]]);
        }
    }
    hls::stream<ap_uint<PE * In::bits>> in("in");
    hls::stream<ap_uint<K * index_width>> index_stream("indices");
    hls::stream<ap_uint<K * In::bits>> value_stream("values");
    bench::put<In, PE>(in, x);
    const long long cycles = bench::iterations_of([&] {
        millrace::top_k_values<N, K, PE, In, index_width, 2, LARGEST, LAST_INDEX>(
            in, index_stream, value_stream, frames);
    });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(frames) * vectors * N));
    CHECK(bench::take<Unsigned<index_width>, K>(index_stream) == indices);
    CHECK(bench::take<In, K>(value_stream) == values);
    bench::put<In, PE>(in, x);
    millrace::top_k<N, K, PE, In, index_width, 2, LARGEST, LAST_INDEX>(in, index_stream, frames);
    CHECK(bench::take<Unsigned<index_width>, K>(index_stream) == indices);
}

template <int N, int K, int PE, typename In> void check_orders() {
    check_top_k<N, K, PE, In, true, false>();
    check_top_k<N, K, PE, In, true, true>();
    check_top_k<N, K, PE, In, false, false>();
    check_top_k<N, K, PE, In, false, true>();
}

template <int W, int WORDS> void check_axis() {
    CAPTURE(W);
    typedef millrace::AxisWord<W> Port;
    const int frames = 3;
    hls::stream<ap_uint<W>> in("in");
    hls::stream<Port> port("port");
    hls::stream<ap_uint<W>> out("out");
    const Numbers x = bench::random_numbers<Unsigned<W>>(static_cast<std::size_t>(frames) * WORDS);
    bench::put<Unsigned<W>, 1>(in, x);
    millrace::stream_to_axis<WORDS>(in, port, frames);
    CHECK(port.size() == x.size());
    std::vector<Port> words;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Port word = port.read();
        words.push_back(word);
        CHECK(word.last.to_uint() == (i % WORDS == WORDS - 1 ? 1u : 0u));
        CHECK(word.data.to_uint64() == bench::code_of<Unsigned<W>>(x[i]));
        CHECK(word.keep.to_uint() == (1u << ((W + 7) / 8)) - 1);
        CHECK(word.strb.to_uint() == (1u << ((W + 7) / 8)) - 1);
    }
    for (const Port& word : words) port.write(word);
    millrace::axis_to_stream<WORDS>(port, out, frames);
    CHECK(bench::take<Unsigned<W>, 1>(out) == x);
}

} // namespace

TEST_CASE("width converter: all ratios") {
    check_ratios<1>();
    check_ratios<3>();
    check_ratios<8>();
    check_ratios<19>();
    check_width_converter<16, 64, 64, 64>();
    check_width_converter<64, 16, 64, 128>();
    check_width_converter<1, 784, 1, 784>();
    check_width_converter<4096, 49, 1, 200704>();
}

TEST_CASE("fork: two and more copies") {
    const Numbers x = bench::random_numbers<Unsigned<9>>(20);
    hls::stream<ap_uint<9>> in("in"), a("a"), b("b"), c("c"), d("d"), e("e"), f("f"), g("g"),
        h("h");
    bench::put<Unsigned<9>, 1>(in, x);
    const long long cycles =
        bench::iterations_of([&] { millrace::fork<5>(4, in, a, b, c, d, e, f, g, h); });
    CHECK(bench::iterations_are(cycles, 20));
    for (auto* stream : {&a, &b, &c, &d, &e, &f, &g, &h}) {
        CHECK(bench::take<Unsigned<9>, 1>(*stream) == x);
    }
    bench::put<Unsigned<9>, 1>(in, x);
    millrace::fork<10>(2, in, a, b);
    CHECK(bench::take<Unsigned<9>, 1>(a) == x);
    CHECK(bench::take<Unsigned<9>, 1>(b) == x);
}

TEST_CASE("memory movers: containers, padding, sign extension") {
    check_memory<Unsigned<8>, 64, 1, 16>();
    check_memory<Unsigned<8>, 512, 49, 784>();
    check_memory<Signed<6>, 64, 5, 5>();
    check_memory<Signed<6>, 128, 4, 36>();
    check_memory<Signed<18>, 64, 5, 5>();
    check_memory<Signed<18>, 256, 3, 30>();
    check_memory<Bipolar, 64, 1, 100>();
    check_memory<Bipolar, 64, 49, 784>();
    check_memory<Bipolar, 512, 784, 784>();
    check_memory<Unsigned<3>, 64, 3, 33>();
    check_memory<Signed<33>, 64, 1, 3>();
    check_memory<Signed<48>, 512, 7, 21>();
    check_memory<Signed<16>, 64, 10, 10>();
    check_memory<Signed<16>, 64, 32, 64>();
    check_memory<Unsigned<1>, 128, 3, 129>();
    check_memory<Signed<64>, 64, 2, 6>();
    check_memory<Unsigned<5>, 64, 1, 1>();
}

TEST_CASE("top-k: largest and smallest, ties by index") {
    check_orders<10, 1, 1, Signed<8>>();
    check_orders<10, 1, 10, Unsigned<2>>();
    check_orders<12, 5, 3, Signed<3>>();
    check_orders<12, 12, 4, Unsigned<1>>();
    check_orders<6, 2, 2, Bipolar>();
    check_orders<1, 1, 1, Signed<20>>();
    check_orders<100, 3, 20, Signed<48>>();
}

TEST_CASE("AXI-stream adapters: bytes and TLAST") {
    check_axis<5, 1>();
    check_axis<8, 4>();
    check_axis<33, 3>();
}
