// SPDX-License-Identifier: Apache-2.0
//
// hls::stream for plain C++ compilers: a first-in first-out queue that grows without bound, because
// in C simulation the processes of a DATAFLOW region run one after the other, each to its end.
//
// The queue is one array with a read and a write position. A drained queue starts again at the
// front, so the usual life of a stream (all writes, then all reads) never moves an element; a queue
// that is never drained moves its elements down once at least half of the array is free, which
// costs constant time per element on average. The array also allows whole blocks of words to be
// read and written at once, which simulation models use where they can.
//
// Reading while empty would hang the hardware: it throws std::runtime_error with the stream's name.
// Data that is left over when a stream dies is reported on standard error.
#ifndef MILLRACE_SIM_HLS_STREAM_H
#define MILLRACE_SIM_HLS_STREAM_H

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace hls {

// DEPTH sizes the hardware FIFO; the simulation does not bound the queue.
template <typename T, int DEPTH = 0> class stream {
    static_assert(std::is_trivially_copyable<T>::value, "stream words are plain data");

  public:
    stream() : stream("unnamed stream") {}
    explicit stream(const char* name) : name_(name) {}
    explicit stream(const std::string& name) : name_(name) {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    ~stream() {
        if (head_ != tail_) report_leftovers();
        std::free(data_);
    }

    bool empty() const { return head_ == tail_; }
    bool full() const { return false; }
    std::size_t size() const { return tail_ - head_; }

    T read() {
        if (head_ == tail_) fail();
        return data_[head_++];
    }
    void read(T& value) { value = read(); }
    bool read_nb(T& value) {
        if (head_ == tail_) return false;
        value = data_[head_++];
        return true;
    }
    void operator>>(T& value) { value = read(); }

    void write(const T& value) {
        if (tail_ == capacity_) make_room(1);
        new (data_ + tail_++) T(value);
    }
    bool write_nb(const T& value) {
        write(value);
        return true;
    }
    void operator<<(const T& value) { write(value); }

    // The next `count` words, taken out; valid until the next write.
    const T* read_block(std::size_t count) {
        if (tail_ - head_ < count) fail();
        head_ += count;
        return data_ + head_ - count;
    }
    // Room for `count` more words, which the caller must assign; valid until the next write.
    T* write_block(std::size_t count) {
        if (capacity_ - tail_ < count) make_room(count);
        T* const first = data_ + tail_;
        for (std::size_t i = 0; i < count; ++i) new (first + i) T;
        tail_ += count;
        return first;
    }

  private:
    // Rare paths stay out of the loops, which also keeps designs of many streams quick to compile.
    [[noreturn]] __attribute__((noinline, cold)) void fail() const {
        throw std::runtime_error("hls::stream '" + name_ +
                                 "' is read while empty: the hardware would hang");
    }

    __attribute__((noinline, cold)) void report_leftovers() const {
        std::fprintf(stderr, "warning: hls::stream '%s': %zu words are left over\n", name_.c_str(),
                     tail_ - head_);
    }

    // Words are plain data, so they move as bytes, which large arrays do without being copied.
    __attribute__((noinline)) void make_room(std::size_t more) {
        const std::size_t count = tail_ - head_;
        if (count == 0 || (count <= capacity_ / 2 && count + more <= capacity_)) {
            if (count != 0) {
                std::memmove(static_cast<void*>(data_), data_ + head_, count * sizeof(T));
            }
            head_ = 0;
            tail_ = count;
            if (count + more <= capacity_) return;
        }
        std::size_t larger = capacity_ == 0 ? 64 : 2 * capacity_;
        while (larger - tail_ < more) larger *= 2;
        void* const moved = std::realloc(static_cast<void*>(data_), larger * sizeof(T));
        if (moved == nullptr) throw std::bad_alloc();
        data_ = static_cast<T*>(moved);
        capacity_ = larger;
    }

    T* data_ = nullptr;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::size_t capacity_ = 0;
    std::string name_;
};

} // namespace hls

#endif // MILLRACE_SIM_HLS_STREAM_H
