// Products with packed matrices.
//
// A panel is 64 bytes of neighbouring columns (16 float, 8 double). Matrices are packed as
// [panel][k][lane], so that one pass over k reads memory in order. Every sum runs over k in
// rising order in every tile shape, so results do not depend on how rows and columns are shared out
// over threads.

#pragma once

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
