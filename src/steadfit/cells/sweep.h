// The sweeps over time, forward and backward, of the cell whose tables and phases stand above.
//
// Sequences that end early come in the order of falling lengths, so that those which are still
// running at a step are the first `sizes[t]`. A group of threads takes some of the sequences
// through all steps without waiting for other groups; in a group each thread computes some of the
// units, and they wait for one another once a phase.
//
// Rows that only the kernel sees stand side by side for each step: row offset[t] + i is sequence i
// at step t. Rows of the caller's tensors are found by `Problem::outside`.

#pragma once

struct Arguments {
    int64_t time, batch, input, hidden, reverse, threads;
    const int64_t* starts;  // the caller's first row of each step
    const int64_t* sizes;   // how many sequences run at each step
    const int64_t* order;   // the caller's number of each sequence
    const Real *x, *input_weight, *recurrent_weight, *bias, *peephole, *mask;
    const Real *initial[MOST_STATES], *given[MOST_STATES];
    Real *sequence[MOST_STATES], *final[MOST_STATES], *saved;
    const Real *d_sequence[MOST_STATES], *d_final[MOST_STATES];
    Real *d_x, *d_input_weight, *d_recurrent_weight, *d_bias, *d_peephole;
    Real* d_initial[MOST_STATES];
};

struct Problem {
    const Arguments& a;
    long width, panels;  // hidden units with padding; in panels
    std::vector<long> offset;

    explicit Problem(const Arguments& given)
        : a(given), width(padded(given.hidden)), panels(width / PANEL), offset(given.time + 1) {
        for (long t = 0; t < a.time; t++) offset[t + 1] = offset[t] + a.sizes[t];
    }
    long rows() const { return offset[a.time]; }
    long outside(long t, long i) const { return a.starts[t] + a.order[i]; }
    // The step that is computed as number n, in the direction of the run.
    long step(long n) const { return a.reverse ? a.time - 1 - n : n; }
    // The state of sequence i before the step that is computed as number n.
    const Real* old(int state, long n, long i) const {
        if (n > 0 && i < a.sizes[step(n - 1)])
            return a.sequence[state] + outside(step(n - 1), i) * a.hidden;
        return a.initial[state] + a.order[i] * a.hidden;
    }
    // How many steps sequence i has.
    long length(long i) const {
        return std::partition_point(a.sizes, a.sizes + a.time,
                                    [&](int64_t size) { return size > i; }) - a.sizes;
    }
};

// ---------------------------------------------------------------- who does what

struct Team {
    int groups, members;  // groups share out the sequences, members of a group the units
    std::vector<long> first;  // the first sequence of each group, and the end

    Team(const Problem& p) {
        const long work = p.rows() * p.a.hidden * (p.a.hidden + p.a.input) * GATES;
        int threads = work < 200000 ? 1 : static_cast<int>(p.a.threads);
        groups = static_cast<int>(std::clamp<long>(p.a.batch / 4, 1, threads));
        while (threads % groups) groups--;
        members = static_cast<int>(std::min<long>(threads / groups, p.panels));
        const long rows = p.a.batch / groups;
        if (rows * p.a.hidden * p.a.hidden * GATES < 30000) members = 1;  // waiting costs more
        long done = 0, i = 0;
        for (long group = 0; group < groups; group++) {  // as many steps for each
            while (i < p.a.batch && done * groups < p.rows() * group) done += p.length(i++);
            first.push_back(i);
        }
        first.push_back(p.a.batch);
    }
    int threads() const { return groups * members; }
};

// What one thread computes in the sweep: sequences [first, last), panels of units [low, high).
struct Part {
    long first, last, low, high;
    Barrier& barrier;
    long running(long size) const { return std::clamp(size, first, last); }
};

// ---------------------------------------------------------------- weights in panels

// Number of panels from `gate` on that lie side by side, in the weights and in the row of gates.
template <class Product>
static long together(const Product* products, long count, long i, const Part& part, long panels) {
    if (part.high - part.low < panels) return 1;
    long n = 1;
    while (i + n < count && products[i + n].gate == products[i].gate + n) n++;
    return n;
}

template <class T, size_t N>
static constexpr long length_of(const T (&)[N], int used) {
    return std::min<long>(N, used);
}

// Panels with depth along the rows of w: for products that start from x or a state.
static void pack_block(const Problem& p, const Real* w, int block, long depth, Real* to,
                       int thread, int threads) {
    const Share share(p.panels, thread, threads);
    for (long u = share.first; u < share.last; u++) {
        const long rows = std::clamp(p.a.hidden - u * PANEL, 0l, PANEL);
        pack_rows(w + (block * p.a.hidden + u * PANEL) * depth, rows, depth,
                  to + u * PANEL * depth);
    }
}

// A run of gates whose adjoints are multiplied with the weights' columns, `depth` numbers at most.
struct BackRun {
    int source, gate, count, phase;  // source -1: x
    int block[GATES];
    long columns;  // of the weights
    long at;       // where its panels start
};

constexpr long MOST_DEPTH = 512;

struct BackRuns {
    std::vector<BackRun> runs;
    long size = 0;

    explicit BackRuns(const Problem& p) {
        for (int source = -1; source < STATES + SOURCES; source++) {
            for (int i = 0; source < 0 && i < INPUT_BLOCKS; i++)
                add(p, -1, INPUT_PRODUCTS[i].gate, INPUT_PRODUCTS[i].block, 0, p.a.input);
            for (int i = 0; source >= 0 && i < RECURRENT_BLOCKS; i++) {
                const RecurrentProduct& r = RECURRENT_PRODUCTS[i];
                if (r.source == source) add(p, source, r.gate, r.block, r.back_phase, p.a.hidden);
            }
        }
        for (BackRun& run : runs) {
            run.at = size;
            size += run.count * p.width * padded(run.columns);
        }
    }
    void add(const Problem& p, int source, int gate, int block, int phase, long columns) {
        if (!runs.empty()) {
            BackRun& run = runs.back();
            if (run.source == source && run.gate + run.count == gate &&
                (run.count + 1) * p.width <= MOST_DEPTH) {
                run.block[run.count++] = block;
                return;
            }
        }
        runs.push_back({source, gate, 1, phase, {block}, columns, 0});
    }
    void pack(const Problem& p, Real* to, int thread, int threads) const {
        for (const BackRun& run : runs) {
            const Real* w = run.source < 0 ? p.a.input_weight : p.a.recurrent_weight;
            const Share share(padded(run.columns) / PANEL, thread, threads);
            for (long v = share.first; v < share.last; v++) {
                Real* panel = to + run.at + v * PANEL * run.count * p.width;
                const long lanes = std::min(run.columns - v * PANEL, PANEL);
                for (int g = 0; g < run.count; g++)
                    for (long m = 0; m < p.width; m++, panel += PANEL) {
                        const Real* row =
                            w + (run.block[g] * p.a.hidden + m) * run.columns + v * PANEL;
                        for (long j = 0; j < PANEL; j++)
                            panel[j] = m < p.a.hidden && j < lanes ? row[j] : 0;
                    }
            }
        }
    }
};

// ---------------------------------------------------------------- forward

struct ForwardMemory {
    Scratch input, recurrent, bias, peephole, source;
    explicit ForwardMemory(const Problem& p)
        : input(INPUT_BLOCKS * p.width * p.a.input),
          recurrent(RECURRENT_BLOCKS * p.width * p.a.hidden),
          bias(GATES * p.width),
          peephole(PEEPHOLES * p.width),
          source(SOURCES * p.width * p.a.batch) {
        for (int g = 0; g < GATES; g++)
            for (long j = 0; j < p.width; j++)
                bias[g * p.width + j] =
                    p.a.bias && j < p.a.hidden ? p.a.bias[BIAS_BLOCK[g] * p.a.hidden + j] : 0;
        pad_peepholes(p, peephole);
    }
    static void pad_peepholes(const Problem& p, Real* to) {
        for (int n = 0; n < PEEPHOLES; n++)
            for (long j = 0; j < p.width; j++)
                to[n * p.width + j] = j < p.a.hidden ? p.a.peephole[n * p.a.hidden + j] : 0;
    }
    void pack(const Problem& p, int thread, int threads) {
        for (int i = 0; i < INPUT_BLOCKS; i++)
            pack_block(p, p.a.input_weight, INPUT_PRODUCTS[i].block, p.a.input,
                       input + i * p.width * p.a.input, thread, threads);
        for (int i = 0; i < RECURRENT_BLOCKS; i++)
            pack_block(p, p.a.recurrent_weight, RECURRENT_PRODUCTS[i].block, p.a.hidden,
                       recurrent + i * p.width * p.a.hidden, thread, threads);
    }
};

static Row row_of(const Problem& p, long n, long i) {
    const Arguments& a = p.a;
    const long t = p.step(n), outside = p.outside(t, i), inside = p.offset[t] + i;
    Row row{};
    row.hidden = a.hidden;
    row.width = p.width;
    row.mask = a.mask ? a.mask + a.order[i] * a.hidden : nullptr;
    row.saved = a.saved ? a.saved + inside * SAVED * p.width : nullptr;
    for (int s = 0; s < STATES; s++) {
        row.old[s] = p.old(s, n, i);
        row.now[s] = a.sequence[s] + outside * a.hidden;
        row.given[s] = a.given[s] ? a.given[s] + outside * a.hidden : nullptr;
        row.d_now[s] = a.d_sequence[s] ? a.d_sequence[s] + outside * a.hidden : nullptr;
    }
    return row;
}

// The products with x of steps [begin, end), with the biases, into `pre`.
static void input_products(const Problem& p, const Part& part, const ForwardMemory& memory,
                           long begin, long end, Real* pre) {
    const long stride = GATES * p.width;
    std::vector<const Real*> x;
    for (long n = begin; n < end; n++)
        for (long i = part.first; i < part.running(p.a.sizes[p.step(n)]); i++)
            x.push_back(p.a.x + p.outside(p.step(n), i) * p.a.input);
    const long rows = static_cast<long>(x.size());
    bool with_input[GATES] = {};
    for (long i = 0; i < INPUT_BLOCKS;) {
        const long count = together(INPUT_PRODUCTS, INPUT_BLOCKS, i, part, p.panels);
        const long panels = count > 1 ? count * p.panels : part.high - part.low;
        const long column = INPUT_PRODUCTS[i].gate * p.width + part.low * PANEL;
        product(x.data(), rows, p.a.input,
                memory.input + (i * p.width + part.low * PANEL) * p.a.input, panels,
                memory.bias + column, 0, pre + column, stride, panels * PANEL);
        for (long k = 0; k < count; k++) with_input[INPUT_PRODUCTS[i + k].gate] = true;
        i += count;
    }
    for (int g = 0; g < GATES; g++)
        for (long r = 0; r < rows && !with_input[g]; r++)
            std::memcpy(pre + r * stride + g * p.width + part.low * PANEL,
                        memory.bias + g * p.width + part.low * PANEL,
                        (part.high - part.low) * PANEL * sizeof(Real));
}

// The products with states of one stage, added to `pre`.
static void recurrent_products(const Problem& p, const Part& part, const ForwardMemory& memory,
                               int stage, const std::vector<Row>& rows, Real* pre) {
    const long stride = GATES * p.width, count = static_cast<long>(rows.size());
    std::vector<const Real*> from(count);
    for (long i = 0; i < RECURRENT_BLOCKS;) {
        const RecurrentProduct& first = RECURRENT_PRODUCTS[i];
        long n = together(RECURRENT_PRODUCTS, RECURRENT_BLOCKS, i, part, p.panels);
        while (n > 1 && (RECURRENT_PRODUCTS[i + n - 1].source != first.source ||
                         RECURRENT_PRODUCTS[i + n - 1].stage != first.stage))
            n--;
        if (first.stage == stage) {
            for (long r = 0; r < count; r++)
                from[r] = first.source < STATES
                              ? rows[r].old[first.source]
                              : rows[r].source + (first.source - STATES) * p.width;
            const long panels = n > 1 ? n * p.panels : part.high - part.low;
            Real* to = pre + first.gate * p.width + part.low * PANEL;
            product(from.data(), count, p.a.hidden,
                    memory.recurrent + (i * p.width + part.low * PANEL) * p.a.hidden, panels, to,
                    stride, to, stride, panels * PANEL);
        }
        i += n;
    }
}

static void forward_part(const Problem& p, const Part& part, ForwardMemory& memory) {
    const Arguments& a = p.a;
    const long stride = GATES * p.width, sequences = std::max(part.last - part.first, 1l);
    const long most = std::max(48l, 65536 / std::max(stride, 1l));  // rows of x in one product
    const long chunk = std::max(1l, most / sequences);
    Scratch pre(chunk * sequences * stride);
    std::vector<Row> rows;
    for (long begin = 0; begin < a.time; begin += chunk) {
        const long end = std::min(begin + chunk, static_cast<long>(a.time));
        input_products(p, part, memory, begin, end, pre);
        Real* at = pre;
        for (long n = begin; n < end; n++) {
            rows.clear();
            for (long i = part.first; i < part.running(a.sizes[p.step(n)]); i++) {
                rows.push_back(row_of(p, n, i));
                rows.back().pre = at + (i - part.first) * stride;
                rows.back().peephole = memory.peephole;
                rows.back().source = memory.source + i * SOURCES * p.width;
            }
            for (int phase = 0; phase <= STAGES; phase++) {
                if (phase > 0) recurrent_products(p, part, memory, phase - 1, rows, at);
                for (const Row& row : rows)
                    forward_phase(phase, row, part.low * PANEL, part.high * PANEL);
                if (SOURCES > 0 || phase == STAGES) part.barrier.wait();
            }
            at += static_cast<long>(rows.size()) * stride;
        }
    }
}

static void copy_final_states(const Problem& p) {
    const size_t bytes = p.a.hidden * sizeof(Real);
    for (int s = 0; s < STATES; s++)
        for (long i = 0; i < p.a.batch; i++) {
            const long length = p.length(i), last = p.a.reverse ? 0 : length - 1;
            const Real* from = length ? p.a.sequence[s] + p.outside(last, i) * p.a.hidden
                                      : p.a.initial[s] + p.a.order[i] * p.a.hidden;
            std::memcpy(p.a.final[s] + p.a.order[i] * p.a.hidden, from, bytes);
        }
}

// Runs `work(thread, part)` on the threads of a team.
template <class Work>
static void with_team(const Problem& p, const Team& team, Work work) {
    std::vector<Barrier*> barriers;
    for (int g = 0; g < team.groups; g++) barriers.push_back(new Barrier(team.members));
#pragma omp parallel num_threads(team.threads())
    {
        const int thread = omp_get_thread_num();
        const int group = thread / team.members;
        const Share units(p.panels, thread % team.members, team.members);
        work(thread, Part{team.first[group], team.first[group + 1], units.first, units.last,
                          *barriers[group]});
    }
    for (Barrier* barrier : barriers) delete barrier;
}

extern "C" __attribute__((visibility("default"))) void cell_forward(const Arguments* arguments) {
    const Problem p(*arguments);
    const Team team(p);
    ForwardMemory memory(p);
    with_team(p, team, [&](int thread, const Part& part) {
        memory.pack(p, thread, team.threads());
#pragma omp barrier
        forward_part(p, part, memory);
    });
    copy_final_states(p);
}

// ---------------------------------------------------------------- backward

struct BackwardMemory {
    Scratch weights, peephole, carry, back, delta, source, zeros;
    long delta_width;
    BackwardMemory(const Problem& p, const BackRuns& runs)
        : weights(runs.size),
          peephole(PEEPHOLES * p.width),
          carry(STATES * p.a.batch * p.width),
          back(p.a.batch * SOURCES * p.width),
          delta(p.rows() * (GATES + PEEPHOLES) * p.width),
          source(p.rows() * SOURCES * p.width),
          zeros(padded(std::max(p.a.input, p.a.hidden))),
          delta_width((GATES + PEEPHOLES) * p.width) {
        ForwardMemory::pad_peepholes(p, peephole);
        std::memset(zeros, 0, padded(std::max(p.a.input, p.a.hidden)) * sizeof(Real));
        for (int s = 0; s < STATES; s++)
            for (long i = 0; i < p.a.batch; i++) {
                Real* to = carry_of(p, s, i);
                std::memset(to, 0, p.width * sizeof(Real));
                if (p.a.d_final[s])
                    std::memcpy(to, p.a.d_final[s] + p.a.order[i] * p.a.hidden,
                                p.a.hidden * sizeof(Real));
            }
    }
    Real* carry_of(const Problem& p, int state, long i) const {
        return carry + (state * p.a.batch + i) * p.width;
    }
};

// What comes back through the products whose gates' adjoints are known after this phase.
static void back_products(const Problem& p, const Part& part, const BackRuns& runs,
                          const BackwardMemory& memory, int phase, const std::vector<Row>& rows) {
    std::vector<const Real*> from(rows.size());
    bool begun[STATES + SOURCES] = {};
    for (const BackRun& run : runs.runs) {
        if (run.source < 0 || run.phase != phase) continue;
        for (size_t r = 0; r < rows.size(); r++) from[r] = rows[r].delta + run.gate * p.width;
        const long depth = run.count * p.width, column = part.low * PANEL;
        Real* to;
        long stride;
        if (run.source < STATES) {
            to = memory.carry_of(p, run.source, part.first) + column;
            stride = p.width;
        } else {
            to = memory.back + (part.first * SOURCES + run.source - STATES) * p.width + column;
            stride = SOURCES * p.width;
        }
        const bool fresh = run.source >= STATES && !begun[run.source];
        begun[run.source] = true;
        product(from.data(), static_cast<long>(rows.size()), depth,
                memory.weights + run.at + part.low * PANEL * depth, part.high - part.low,
                fresh ? memory.zeros + column : to, fresh ? 0 : stride, to, stride,
                (part.high - part.low) * PANEL);
    }
}

static void backward_part(const Problem& p, const Part& part, const BackRuns& runs,
                          const BackwardMemory& memory) {
    const Arguments& a = p.a;
    std::vector<Row> rows;
    for (long n = a.time - 1; n >= 0; n--) {
        const long t = p.step(n);
        rows.clear();
        for (long i = part.first; i < part.running(a.sizes[t]); i++) {
            Row row = row_of(p, n, i);
            const long inside = p.offset[t] + i;
            row.peephole = memory.peephole;
            row.delta = memory.delta + inside * memory.delta_width;
            row.source = memory.source + inside * SOURCES * p.width;
            row.back = memory.back + i * SOURCES * p.width;
            for (int s = 0; s < STATES; s++) row.carry[s] = memory.carry_of(p, s, i);
            rows.push_back(row);
        }
        for (int phase = 0; phase < BACKWARD_PHASES; phase++) {
            for (const Row& row : rows)
                backward_phase(phase, row, part.low * PANEL, part.high * PANEL);
            part.barrier.wait();
            back_products(p, part, runs, memory, phase, rows);
        }
    }
    for (int s = 0; s < STATES; s++)
        for (long i = part.first; i < part.last && a.d_initial[s]; i++) {
            const long first = part.low * PANEL;
            const long count = std::min(part.high * PANEL, static_cast<long>(a.hidden)) - first;
            if (count > 0)
                std::memcpy(a.d_initial[s] + a.order[i] * a.hidden + first,
                            memory.carry_of(p, s, i) + first, count * sizeof(Real));
        }
}

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

static void pack_sources(const WeightGradient& g, long begin, long depth, Real* to, int thread,
                         int threads) {
    const Share share(padded(g.columns) / PANEL, thread, threads);
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

// Units [first, last) of one gate, for rows [begin, begin + depth).
static void add_gradient(const Problem& p, const BackwardMemory& memory, const WeightGradient& g,
                         long first, long last, long begin, long depth, const Real* panels,
                         Real* tiles) {
    const long units = last - first, tile_size = depth * TILE_ROWS;
    for (long k = 0; k < depth; k++) {
        const Real* delta =
            memory.delta + (begin + k) * memory.delta_width + g.gate * p.width + first;
        for (long m = 0; m < units; m++)
            tiles[m / TILE_ROWS * tile_size + k * TILE_ROWS + m % TILE_ROWS] = delta[m];
    }
    for (long v = 0; v * PANEL < g.columns; v++)
        for (long m = 0; m < units; m += TILE_ROWS) {
            const Real* from[TILE_ROWS];
            for (int r = 0; r < TILE_ROWS; r++) from[r] = tiles + m / TILE_ROWS * tile_size + r;
            Real* to = g.to + (first + m) * g.columns + v * PANEL;
            const bool fresh = begin == 0;
            tile_row<TILE_ROWS>(std::min<long>(units - m, TILE_ROWS), from, depth,
                                panels + v * PANEL * depth, 1,
                                fresh ? memory.zeros + v * PANEL : to, fresh ? 0 : g.columns, to,
                                g.columns, g.columns - v * PANEL);
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

static void vector_gradients(const Problem& p, const BackwardMemory& memory, int thread,
                             int threads) {
    const Share share((GATES + PEEPHOLES) * p.panels, thread, threads);
    for (long panel = share.first; panel < share.last; panel++) {
        const long column = panel / p.panels, unit = panel % p.panels * PANEL;
        Real* to = column >= GATES ? p.a.d_peephole : p.a.d_bias;
        if (!to || unit >= p.a.hidden) continue;
        const long block = column >= GATES ? column - GATES : BIAS_BLOCK[column];
        Real sum[PANEL];
        sum_rows(p, memory, panel, sum);
        std::memcpy(to + block * p.a.hidden + unit, sum,
                    std::min(p.a.hidden - unit, PANEL) * sizeof(Real));
    }
}

static void input_gradient(const Problem& p, const BackwardMemory& memory, const BackRuns& runs,
                           const std::vector<long>& outside, int thread, int threads) {
    constexpr long ROWS = 48;
    const long columns = padded(p.a.input);
    Scratch result(ROWS * columns);
    const Share share((p.rows() + ROWS - 1) / ROWS, thread, threads);
    for (long part = share.first; part < share.last; part++) {
        const long begin = part * ROWS, rows = std::min(ROWS, p.rows() - begin);
        std::memset(result, 0, rows * columns * sizeof(Real));
        const Real* from[ROWS];
        for (const BackRun& run : runs.runs) {
            if (run.source >= 0) continue;
            for (long r = 0; r < rows; r++)
                from[r] = memory.delta + (begin + r) * memory.delta_width + run.gate * p.width;
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
        : rows(1 + STATES + SOURCES), outside(p.rows()) {
        for (auto& one : rows) one.resize(p.rows());
        for (long n = 0; n < p.a.time; n++) {
            const long t = p.step(n);
            for (long i = 0; i < p.a.sizes[t]; i++) {
                const long q = p.offset[t] + i;
                outside[q] = p.outside(t, i);
                rows[0][q] = p.a.x + outside[q] * p.a.input;
                for (int s = 0; s < STATES; s++) rows[1 + s][q] = p.old(s, n, i);
                for (int s = 0; s < SOURCES; s++)
                    rows[1 + STATES + s][q] = memory.source + (q * SOURCES + s) * p.width;
            }
        }
        std::vector<long> at(rows.size(), -1);
        auto add = [&](int gate, int source, int block, long columns, Real* to) {
            if (!to) return;
            if (at[source] < 0) {
                at[source] = packed;
                packed += padded(columns);
            }
            blocks.push_back({gate, rows[source].data(), columns,
                              to + block * p.a.hidden * columns, at[source]});
        };
        for (int i = 0; i < INPUT_BLOCKS; i++)
            add(INPUT_PRODUCTS[i].gate, 0, INPUT_PRODUCTS[i].block, p.a.input,
                p.a.d_input_weight);
        for (int i = 0; i < RECURRENT_BLOCKS; i++)
            add(RECURRENT_PRODUCTS[i].gate, 1 + RECURRENT_PRODUCTS[i].source,
                RECURRENT_PRODUCTS[i].block, p.a.hidden, p.a.d_recurrent_weight);
    }
};

static void weight_gradients(const Problem& p, const BackwardMemory& memory, const Gradients& g,
                             Real* packed, int thread, int threads) {
    const long group = GRADIENT_TILES * TILE_ROWS;
    const long groups = (p.a.hidden + group - 1) / group;
    Scratch tiles(group * GRADIENT_ROWS);
    for (long begin = 0; begin < p.rows(); begin += GRADIENT_ROWS) {
        const long depth = std::min(GRADIENT_ROWS, p.rows() - begin);
        std::vector<long> done;
        for (const WeightGradient& block : g.blocks)
            if (std::find(done.begin(), done.end(), block.packed) == done.end()) {
                done.push_back(block.packed);
                pack_sources(block, begin, depth, packed + block.packed * GRADIENT_ROWS, thread,
                             threads);
            }
#pragma omp barrier
        const Share share(static_cast<long>(g.blocks.size()) * groups, thread, threads);
        for (long task = share.first; task < share.last; task++) {
            const WeightGradient& block = g.blocks[task / groups];
            const long first = task % groups * group;
            add_gradient(p, memory, block, first,
                         std::min(first + group, static_cast<long>(p.a.hidden)), begin, depth,
                         packed + block.packed * GRADIENT_ROWS, tiles);
        }
#pragma omp barrier
    }
}

extern "C" __attribute__((visibility("default"))) void cell_backward(const Arguments* arguments) {
    const Problem p(*arguments);
    const Team team(p);
    const BackRuns runs(p);
    const BackwardMemory memory(p, runs);
    const Gradients gradients(p, memory);
    const Scratch packed(gradients.packed * GRADIENT_ROWS);
    with_team(p, team, [&](int thread, const Part& part) {
        const int threads = team.threads();
        runs.pack(p, memory.weights, thread, threads);
#pragma omp barrier
        backward_part(p, part, runs, memory);
#pragma omp barrier
        vector_gradients(p, memory, thread, threads);
        weight_gradients(p, memory, gradients, packed, thread, threads);
        if (p.a.d_x) input_gradient(p, memory, runs, gradients.outside, thread, threads);
    });
}
