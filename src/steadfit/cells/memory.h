// Memory, threads' shares of things, and how threads wait for one another.

#pragma once
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

static inline long padded(long n) { return (n + PANEL - 1) / PANEL * PANEL; }

// Scratch memory on cache-line boundaries, not initialised.
class Scratch {
  public:
    explicit Scratch(long count) {
        size_t bytes = (std::max(count, 1l) * sizeof(Real) + 63) / 64 * 64;
        data_ = static_cast<Real*>(std::aligned_alloc(64, bytes));
        if (!data_) throw std::bad_alloc();
    }
    ~Scratch() { std::free(data_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    operator Real*() const { return data_; }

  private:
    Real* data_;
};

// Waits until so many threads have come here; spins, and gives way when it takes long. OpenMP's own
// barrier spins for milliseconds, even where the thread that it waits for needs the same core.
class Barrier {
  public:
    void wait(int threads) {
        if (threads == 1) return;
        int round = round_.load(std::memory_order_relaxed);
        if (count_.fetch_add(1, std::memory_order_acq_rel) == threads - 1) {
            count_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int spin = 0; round_.load(std::memory_order_acquire) == round; spin++)
            if (spin > 1000) sched_yield();
    }

  private:
    alignas(64) std::atomic<int> count_{0};
    alignas(64) std::atomic<int> round_{0};
};

// The part of `count` things that is this thread's: [first, last).
struct Share {
    long first, last;
    Share(long count, int thread, int threads)
        : first(count * thread / threads), last(count * (thread + 1) / threads) {}
};
