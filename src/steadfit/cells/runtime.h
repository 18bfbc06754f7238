// What every generated cell kernel stands on: vectors, functions of vectors, packed products.
//
// A panel is 64 bytes of neighbouring columns (16 float, 8 double). Matrices are packed as
// [panel][k][lane], so that one pass over k reads memory in order. Every sum runs over k in
// rising order in every tile shape, so results do not depend on how rows and columns are shared out
// over threads.

#pragma once
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif

typedef Real Vector __attribute__((vector_size(VECTOR_BYTES)));
#if REAL_IS_FLOAT
typedef int32_t Integer;
#else
typedef int64_t Integer;
#endif
typedef Integer IntegerVector __attribute__((vector_size(VECTOR_BYTES)));

constexpr long LANES = VECTOR_BYTES / sizeof(Real);
constexpr long PANEL = 64 / sizeof(Real);
constexpr long VECTORS = PANEL / LANES;  // in a panel

static inline long padded(long n) { return (n + PANEL - 1) / PANEL * PANEL; }

extern "C" {  // OpenMP's library, called as g++ calls it: other compilers would bring their own
void GOMP_parallel(void (*work)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_thread_num();
int omp_get_num_threads();
}

// ---------------------------------------------------------------- vectors

static inline Vector load(const Real* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(Real* p, Vector v) { std::memcpy(p, &v, sizeof v); }

static inline Vector splat(Real value) { return value - Vector{}; }

// The first `count` lanes of memory that has no more; the others are zero.
static inline Vector load_some(const Real* p, long count) {
    Vector v{};
    if (count > 0) std::memcpy(&v, p, std::min(count, LANES) * sizeof(Real));
    return v;
}

static inline void store_some(Real* p, Vector v, long count) {
    if (count > 0) std::memcpy(p, &v, std::min(count, LANES) * sizeof(Real));
}

// The first `count` lanes, and zeros.
static inline Vector first_lanes(Vector v, long count) {
    Vector kept{};
    std::memcpy(&kept, &v, std::clamp(count, 0l, LANES) * sizeof(Real));
    return kept;
}

// ---------------------------------------------------------------- functions of vectors

static inline Vector maximum(Vector a, Vector b) { return a > b ? a : b; }
static inline Vector minimum(Vector a, Vector b) { return a < b ? a : b; }
static inline Vector relu(Vector x) { return x < 0 ? splat(0) : x; }
static inline Vector positive(Vector x) { return x > 0 ? splat(1) : splat(0); }
static inline Vector sign(Vector x) { return positive(x) - positive(-x); }
static inline Vector absolute(Vector x) { return x < 0 ? -x : x; }

// Within bounds; a NaN stays a NaN.
static inline Vector between(Vector x, Real low, Real high) {
    x = x < low ? splat(low) : x;
    return x > high ? splat(high) : x;
}

// exp(x) = scale * (1 + rest), scale a power of 2 and rest = expm1(r), |r| <= log(2) / 2, by the
// Taylor series, whose first term left out is below a tenth of a unit in the last place.
struct Power {
    Vector scale, rest;
};

static inline Power power(Vector x) {
#if REAL_IS_FLOAT
    constexpr int BITS = 23, BIAS = 127, TERMS = 7;
    constexpr Real LOG2_HIGH = 0.693359375f, LOG2_LOW = -2.12194440e-4f;
#else
    constexpr int BITS = 52, BIAS = 1023, TERMS = 13;
    constexpr Real LOG2_HIGH = 6.93145751953125e-1, LOG2_LOW = 1.42860682030941723212e-6;
#endif
    constexpr Real ROUND = 1.5 * (Integer(1) << BITS);  // adding it rounds to a whole number
    Vector shifted = x * Real(1.44269504088896340736) + ROUND;
    Vector whole = shifted - ROUND;
    Vector r = x - whole * LOG2_HIGH;
    r = r - whole * LOG2_LOW;
    constexpr double INVERSE_FACTORIAL[] = {
        1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
        1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    Vector series = splat(INVERSE_FACTORIAL[TERMS]);
#pragma GCC unroll 16
    for (int i = TERMS - 1; i >= 2; i--) series = series * r + Real(INVERSE_FACTORIAL[i]);
    IntegerVector exponent;
    std::memcpy(&exponent, &shifted, sizeof exponent);
    exponent = (exponent + BIAS) << BITS;  // the low bits of `shifted` are the whole number
    Vector scale;
    std::memcpy(&scale, &exponent, sizeof scale);
    return {scale, series * (r * r) + r};
}

constexpr Real EXP_HIGH = REAL_IS_FLOAT ? 88.0 : 709.0;
constexpr Real EXP_LOW = REAL_IS_FLOAT ? -87.0 : -708.0;

static inline Vector exp(Vector x) {
    Power p = power(between(x, EXP_LOW, EXP_HIGH));
    Vector y = p.scale * p.rest + p.scale;
    for (long i = 0; i < LANES; i++)
        if (x[i] < EXP_LOW || x[i] > EXP_HIGH) y[i] = std::exp(x[i]);
    return y;
}

static inline Vector sigmoid(Vector x) {
    Power p = power(between(-x, EXP_LOW, EXP_HIGH));
    return Real(1) / (p.scale * p.rest + p.scale + Real(1));
}

// expm1(2x) / (expm1(2x) + 2); beyond the bound it is 1 to the last place.
static inline Vector tanh(Vector x) {
    Power p = power(between(x + x, -40, 40));
    Vector e = p.scale * p.rest + (p.scale - Real(1));
    return e / (e + Real(2));
}

static inline Vector log(Vector x) {
    for (long i = 0; i < LANES; i++) x[i] = std::log(x[i]);
    return x;
}

static inline Vector sqrt(Vector x) {
    for (long i = 0; i < LANES; i++) x[i] = std::sqrt(x[i]);
    return x;
}

// ---------------------------------------------------------------- memory

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

// ---------------------------------------------------------------- products

// One tile: ROWS rows of c times WIDE panels of columns, c = start + a * panels, where row r of a
// is read at a[r][k * STEP]. columns: how many columns of c there are from here on.
template <int ROWS, int WIDE, int STEP>
static inline __attribute__((always_inline)) void tile(
    const Real* const* a, long depth, const Real* panels, long panel_stride, const Real* start,
    long start_stride, Real* c, long c_stride, long columns) {
    Vector sum[ROWS][WIDE * VECTORS];
    const bool whole = columns >= WIDE * PANEL;
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < WIDE * VECTORS; j++) {
            const Real* from = start + r * start_stride + j * LANES;
            sum[r][j] = whole ? load(from) : load_some(from, columns - j * LANES);
        }
    const Real* row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = a[r];
#pragma GCC unroll 4
    for (long k = 0; k < depth; k++) {
        Vector b[WIDE * VECTORS];
#pragma GCC unroll 16
        for (int j = 0; j < WIDE * VECTORS; j++)
            b[j] = load(panels + (j / VECTORS) * panel_stride + k * PANEL + (j % VECTORS) * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            Vector value = splat(row[r][k * STEP]);
#pragma GCC unroll 16
            for (int j = 0; j < WIDE * VECTORS; j++) sum[r][j] += value * b[j];
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < WIDE * VECTORS; j++) {
            Real* to = c + r * c_stride + j * LANES;
            if (whole)
                store(to, sum[r][j]);
            else
                store_some(to, sum[r][j], columns - j * LANES);
        }
}

// Tiles that fill the registers: how many rows at most, and how many panels beside one another.
constexpr int TILE_ROWS = VECTOR_BYTES == 64 ? 12 : 6;
constexpr int tile_wide(int rows) {
    const int wide = (VECTOR_BYTES == 64 ? 24 : 12) / static_cast<int>(rows * VECTORS);
    return wide >= 4 ? 4 : wide >= 2 ? 2 : 1;
}

// `rows` rows (TILE_ROWS at most) of `count` panels (4 at most).
template <int STEP, int ROWS = TILE_ROWS>
static inline void tile_row(long rows, const Real* const* a, long depth, const Real* panels,
                            long count, const Real* start, long start_stride, Real* c,
                            long c_stride, long columns) {
    if constexpr (ROWS > 1)
        if (rows < ROWS)
            return tile_row<STEP, ROWS - 1>(rows, a, depth, panels, count, start, start_stride, c,
                                            c_stride, columns);
    constexpr int WIDE = tile_wide(ROWS);
    const long stride = depth * PANEL;
    long p = 0;
    for (; p + WIDE <= count; p += WIDE)
        tile<ROWS, WIDE, STEP>(a, depth, panels + p * stride, stride, start + p * PANEL,
                               start_stride, c + p * PANEL, c_stride, columns - p * PANEL);
    for (; p < count; p++)
        tile<ROWS, 1, STEP>(a, depth, panels + p * stride, stride, start + p * PANEL, start_stride,
                            c + p * PANEL, c_stride, columns - p * PANEL);
}

// c[r] = start[r] + a[r] * panels for all rows; `count` panels, of which `columns` columns exist.
// A group of panels stays in the near cache while the rows pass.
static void product(const Real* const* a, long rows, long depth, const Real* panels, long count,
                    const Real* start, long start_stride, Real* c, long c_stride, long columns) {
    for (long p = 0; p < count; p += 4)
        for (long r = 0; r < rows; r += TILE_ROWS)
            tile_row<1>(std::min<long>(rows - r, TILE_ROWS), a + r, depth,
                        panels + p * depth * PANEL, std::min(count - p, 4l),
                        start + r * start_stride + p * PANEL, start_stride,
                        c + r * c_stride + p * PANEL, c_stride, columns - p * PANEL);
}

// Panels of a matrix's transpose: panel column j is row `first + j` of w, depth runs along its row.
static void pack_rows(const Real* w, long rows, long depth, Real* panel) {
    for (long k = 0; k < depth; k++)
        for (long j = 0; j < PANEL; j++) panel[k * PANEL + j] = j < rows ? w[j * depth + k] : 0;
}
