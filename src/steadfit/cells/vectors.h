// Vectors and the functions of vectors that a cell's equations are made of.
//
// Nothing is included here: a cell's own source is compiled in a tenth of the time that the standard
// headers would take.

#pragma once

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif

typedef Real Vector __attribute__((vector_size(VECTOR_BYTES)));
#if REAL_IS_FLOAT
typedef __INT32_TYPE__ Integer;
#else
typedef __INT64_TYPE__ Integer;
#endif
typedef Integer IntegerVector __attribute__((vector_size(VECTOR_BYTES)));

constexpr long LANES = VECTOR_BYTES / sizeof(Real);
constexpr long PANEL = 64 / sizeof(Real);
constexpr long VECTORS = PANEL / LANES;  // in a panel

static inline Vector load(const Real* p) {
    Vector v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(Real* p, Vector v) { __builtin_memcpy(p, &v, sizeof v); }

static inline Vector splat(Real value) { return value - Vector{}; }

// The first `count` lanes of memory that has no more; the others are zero.
static inline Vector load_some(const Real* p, long count) {
    Vector v{};
    if (count > 0) __builtin_memcpy(&v, p, (count < LANES ? count : LANES) * sizeof(Real));
    return v;
}

static inline void store_some(Real* p, Vector v, long count) {
    if (count > 0) __builtin_memcpy(p, &v, (count < LANES ? count : LANES) * sizeof(Real));
}

// The first `count` lanes, and zeros.
static inline Vector first_lanes(Vector v, long count) {
    Vector kept{};
    if (count > 0) __builtin_memcpy(&kept, &v, (count < LANES ? count : LANES) * sizeof(Real));
    return kept;
}

#if REAL_IS_FLOAT
static inline Real exp_of(Real x) { return __builtin_expf(x); }
static inline Real log_of(Real x) { return __builtin_logf(x); }
static inline Real sqrt_of(Real x) { return __builtin_sqrtf(x); }
#else
static inline Real exp_of(Real x) { return __builtin_exp(x); }
static inline Real log_of(Real x) { return __builtin_log(x); }
static inline Real sqrt_of(Real x) { return __builtin_sqrt(x); }
#endif

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
    __builtin_memcpy(&exponent, &shifted, sizeof exponent);
    exponent = (exponent + BIAS) << BITS;  // the low bits of `shifted` are the whole number
    Vector scale;
    __builtin_memcpy(&scale, &exponent, sizeof scale);
    return {scale, series * (r * r) + r};
}

constexpr Real EXP_HIGH = REAL_IS_FLOAT ? 88.0 : 709.0;
constexpr Real EXP_LOW = REAL_IS_FLOAT ? -87.0 : -708.0;

static inline Vector exp(Vector x) {
    Power p = power(between(x, EXP_LOW, EXP_HIGH));
    Vector y = p.scale * p.rest + p.scale;
    for (long i = 0; i < LANES; i++)
        if (x[i] < EXP_LOW || x[i] > EXP_HIGH) y[i] = exp_of(x[i]);
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
    for (long i = 0; i < LANES; i++) x[i] = log_of(x[i]);
    return x;
}

static inline Vector sqrt(Vector x) {
    for (long i = 0; i < LANES; i++) x[i] = sqrt_of(x[i]);
    return x;
}
