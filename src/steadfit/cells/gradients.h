// The gradients of weights and of the input, from the adjoints that the backward sweep has kept.

#pragma once

// The gradient of one matrix's block: sum over rows of (gate's adjoint) x (row of the source).
struct WeightGradient {
    int gate;
    const Real* const* source;  // one pointer a row
    long columns;
    Real* to;
    long packed;  // where the source's panels stand
};

constexpr long GRADIENT_ROWS = 256;                  // summed in one go
constexpr long GRADIENT_TILES = 96 / TILE_ROWS;      // of units, packed together

// The units of one gate as tiles of nearly equal height.
static long tiles_of(const Problem& p) { return (p.a.hidden + TILE_ROWS - 1) / TILE_ROWS; }
static Share tile_units(const Problem& p, long tile) {
    return Share(p.a.hidden, static_cast<int>(tile), static_cast<int>(tiles_of(p)));
}

static void pack_sources(const WeightGradient& g, long begin, long depth, Real* to,
                         const Crew& crew) {
    const Share share = crew.share(padded(g.columns) / PANEL);
    for (long v = share.first; v < share.last; v++) {
        const long lanes = std::min(g.columns - v * PANEL, PANEL);
        Real* panel = to + v * PANEL * depth;
        for (long k = 0; k < depth; k++, panel += PANEL) {
            const Real* row = g.source[begin + k] + v * PANEL;
            if (lanes == PANEL)
                std::memcpy(panel, row, PANEL * sizeof(Real));
            else
                for (long j = 0; j < PANEL; j++) panel[j] = j < lanes ? row[j] : 0;
        }
    }
}

// Adjoints of tiles [first, last) of one gate, for rows [begin, begin + depth): [tile][row][unit].
static void pack_tiles(const Problem& p, const BackwardMemory& memory, int gate, long first,
                       long last, long begin, long depth, Real* to) {
    for (long tile = first; tile < last; tile++) {
        const Real* delta = memory.delta + begin * memory.delta_width + gate * p.width +
                            tile_units(p, tile).first;
        for (long k = 0; k < depth; k++, delta += memory.delta_width, to += TILE_ROWS)
            std::memcpy(to, delta, TILE_ROWS * sizeof(Real));
    }
}

// Tiles [first, last) of one block, for rows [begin, begin + depth).
static void add_gradient(const Problem& p, const BackwardMemory& memory, const WeightGradient& g,
                         long first, long last, long begin, long depth, const Real* panels,
                         const Real* tiles) {
    const bool fresh = begin == 0;
    for (long v = 0; v * PANEL < g.columns; v++)
        for (long tile = first; tile < last; tile++) {
            const Share units = tile_units(p, tile);
            const Real* from[TILE_ROWS];
            for (int r = 0; r < TILE_ROWS; r++)
                from[r] = tiles + (tile - first) * depth * TILE_ROWS + r;
            Real* to = g.to + units.first * g.columns + v * PANEL;
            tile_row<TILE_ROWS>(units.last - units.first, from, depth, panels + v * PANEL * depth,
                                1, fresh ? memory.zeros + v * PANEL : to, fresh ? 0 : g.columns,
                                to, g.columns, g.columns - v * PANEL);
        }
}

// Sums over all rows of one panel of adjoints: the gradient of biases and peepholes.
static void sum_rows(const Problem& p, const BackwardMemory& memory, long panel, Real* to) {
    for (long v = 0; v < VECTORS; v++) {
        Vector total{};
        for (long begin = 0; begin < p.rows(); begin += GRADIENT_ROWS) {
            Vector sum{};
            for (long q = begin; q < std::min(begin + GRADIENT_ROWS, p.rows()); q++)
                sum += load(memory.delta + q * memory.delta_width + panel * PANEL + v * LANES);
            total += sum;
        }
        store(to + v * LANES, total);
    }
}

static void vector_gradients(const Problem& p, const BackwardMemory& memory, const Crew& crew) {
    const Share share = crew.share((p.cell.gates + p.cell.peepholes) * p.panels);
    for (long panel = share.first; panel < share.last; panel++) {
        const long column = panel / p.panels, unit = panel % p.panels * PANEL;
        const bool peephole = column >= p.cell.gates;
        Real* to = peephole ? p.a.d_peephole : p.a.d_bias;
        if (!to || unit >= p.a.hidden) continue;
        const long block = peephole ? column - p.cell.gates : p.cell.bias_block[column];
        Real sum[PANEL];
        sum_rows(p, memory, panel, sum);
        std::memcpy(to + block * p.a.hidden + unit, sum,
                    std::min(p.a.hidden - unit, PANEL) * sizeof(Real));
    }
}

static void input_gradient(const Problem& p, const BackwardMemory& memory, const BackRuns& runs,
                           const std::vector<long>& outside, const Crew& crew) {
    constexpr long ROWS = 48;
    const long columns = padded(p.a.input);
    Scratch result(ROWS * columns);
    const Share share = crew.share((p.rows() + ROWS - 1) / ROWS);
    for (long part = share.first; part < share.last; part++) {
        const long begin = part * ROWS, rows = std::min(ROWS, p.rows() - begin);
        std::memset(result, 0, rows * columns * sizeof(Real));
        const Real* from[ROWS];
        for (const BackRun& run : runs.runs) {
            if (run.group->source >= 0) continue;
            for (long r = 0; r < rows; r++)
                from[r] = memory.delta + (begin + r) * memory.delta_width + run.gate() * p.width;
            product(from, rows, run.count * p.width, memory.weights + run.at, columns / PANEL,
                    result, columns, result, columns, columns);
        }
        for (long r = 0; r < rows; r++)
            std::memcpy(p.a.d_x + outside[begin + r] * p.a.input, result + r * columns,
                        p.a.input * sizeof(Real));
    }
}

struct Gradients {
    std::vector<std::vector<const Real*>> rows;  // of x, then of each source
    std::vector<long> outside;
    std::vector<WeightGradient> blocks;
    long packed = 0;  // columns of all sources

    Gradients(const Problem& p, const BackwardMemory& memory)
        : rows(1 + p.cell.states + p.cell.sources), outside(p.rows()) {
        for (auto& one : rows) one.resize(p.rows());
        for (long n = 0; n < p.a.time; n++) {
            const long t = p.step(n);
            for (long i = 0; i < p.a.sizes[t]; i++) {
                const long q = p.offset[t] + i;
                outside[q] = p.outside(t, i);
                rows[0][q] = p.a.x + outside[q] * p.a.input;
                for (int s = 0; s < p.cell.states; s++) rows[1 + s][q] = p.old(s, n, i);
                for (int s = 0; s < p.cell.sources; s++)
                    rows[1 + p.cell.states + s][q] = memory.source + (q * p.cell.sources + s) * p.width;
            }
        }
        std::vector<long> at(rows.size(), -1);
        for (const Group* group = p.cell.group; group < p.cell.group + p.cell.groups; group++) {
            Real* to = group->source < 0 ? p.a.d_input_weight : p.a.d_recurrent_weight;
            if (!to) continue;
            const long columns = p.depth(*group);
            long& place = at[1 + group->source];
            if (place < 0) {
                place = packed;
                packed += padded(columns);
            }
            for (int k = 0; k < group->count; k++)
                blocks.push_back({group->gate + k, rows[1 + group->source].data(), columns,
                                  to + group->blocks[k] * p.a.hidden * columns, place});
        }
    }
};

static void weight_gradients(const Problem& p, const BackwardMemory& memory, const Gradients& g,
                             Real* packed, const Crew& crew) {
    const long count = tiles_of(p);
    const Share share = crew.share(p.cell.gates * count);
    Scratch tiles(GRADIENT_TILES * TILE_ROWS * GRADIENT_ROWS);
    for (long begin = 0; begin < p.rows(); begin += GRADIENT_ROWS) {
        const long depth = std::min(GRADIENT_ROWS, p.rows() - begin);
        std::vector<long> done;
        for (const WeightGradient& block : g.blocks)
            if (std::find(done.begin(), done.end(), block.packed) == done.end()) {
                done.push_back(block.packed);
                pack_sources(block, begin, depth, packed + block.packed * GRADIENT_ROWS, crew);
            }
        crew.wait();
        for (long at = share.first, next; at < share.last; at = next) {
            const int gate = static_cast<int>(at / count);
            next = std::min({at + GRADIENT_TILES, (gate + 1) * count, share.last});
            const long first = at - gate * count, last = next - gate * count;
            pack_tiles(p, memory, gate, first, last, begin, depth, tiles);
            for (const WeightGradient& block : g.blocks)
                if (block.gate == gate)
                    add_gradient(p, memory, block, first, last, begin, depth,
                                 packed + block.packed * GRADIENT_ROWS, tiles);
        }
        crew.wait();
    }
}
