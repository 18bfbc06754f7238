// The sweep over time, forward, of the cell whose tables and phases stand above.

#pragma once

// Number of panels from `gate` on that lie side by side, in the weights and in the row of gates.
template <class Product>
static long together(const Product* products, long count, long i, const Part& part, long panels) {
    if (part.high - part.low < panels) return 1;
    long n = 1;
    while (i + n < count && products[i + n].gate == products[i].gate + n) n++;
    return n;
}

// Panels with depth along the rows of w: for products that start from x or a state.
static void pack_block(const Problem& p, const Real* w, int block, long depth, Real* to,
                       const Crew& crew) {
    const Share share = crew.share(p.panels);
    for (long u = share.first; u < share.last; u++) {
        const long rows = std::clamp(p.a.hidden - u * PANEL, 0l, PANEL);
        pack_rows(w + (block * p.a.hidden + u * PANEL) * depth, rows, depth,
                  to + u * PANEL * depth);
    }
}

// One row a peephole, with zeros beyond the units.
static void pad_peepholes(const Problem& p, Real* to) {
    for (int n = 0; n < PEEPHOLES; n++)
        for (long j = 0; j < p.width; j++)
            to[n * p.width + j] = j < p.a.hidden ? p.a.peephole[n * p.a.hidden + j] : 0;
}

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
    void pack(const Problem& p, const Crew& crew) {
        for (int i = 0; i < INPUT_BLOCKS; i++)
            pack_block(p, p.a.input_weight, INPUT_PRODUCTS[i].block, p.a.input,
                       input + i * p.width * p.a.input, crew);
        for (int i = 0; i < RECURRENT_BLOCKS; i++)
            pack_block(p, p.a.recurrent_weight, RECURRENT_PRODUCTS[i].block, p.a.hidden,
                       recurrent + i * p.width * p.a.hidden, crew);
    }
};

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
                if (SOURCES > 0 || phase == STAGES) part.wait();
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
