// The sweep over time, forward.

#pragma once

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
    for (int n = 0; n < p.cell.peepholes; n++)
        for (long j = 0; j < p.width; j++)
            to[n * p.width + j] = j < p.a.hidden ? p.a.peephole[n * p.a.hidden + j] : 0;
}

// Where the panels of each group's weights start; the last entry is the size of all.
static std::vector<long> places(const Problem& p) {
    std::vector<long> at(p.cell.groups + 1);
    for (int i = 0; i < p.cell.groups; i++) {
        const Group& group = p.cell.group[i];
        at[i + 1] = at[i] + group.count * p.width * p.depth(group);
    }
    return at;
}

struct ForwardMemory {
    std::vector<long> at;
    Scratch weights, bias, peephole, source;
    explicit ForwardMemory(const Problem& p)
        : at(places(p)),
          weights(at.back()),
          bias(p.cell.gates * p.width),
          peephole(p.cell.peepholes * p.width),
          source(p.cell.sources * p.width * p.a.batch) {
        for (int g = 0; g < p.cell.gates; g++)
            for (long j = 0; j < p.width; j++)
                bias[g * p.width + j] =
                    p.a.bias && j < p.a.hidden ? p.a.bias[p.cell.bias_block[g] * p.a.hidden + j] : 0;
        pad_peepholes(p, peephole);
    }
    void pack(const Problem& p, const Crew& crew) {
        for (int i = 0; i < p.cell.groups; i++) {
            const Group& group = p.cell.group[i];
            for (int k = 0; k < group.count; k++)
                pack_block(p, p.weights(group), group.blocks[k], p.depth(group),
                           weights + at[i] + k * p.width * p.depth(group), crew);
        }
    }
};

// The product of one group, for this part's units; start and c begin at the group's first column.
static void group_product(const Problem& p, const Part& part, const ForwardMemory& memory, int i,
                          const std::vector<const Real*>& from, const Real* start,
                          long start_stride, Real* c) {
    const Group& group = p.cell.group[i];
    const long rows = static_cast<long>(from.size()), depth = p.depth(group);
    const long stride = p.cell.gates * p.width, own = part.high - part.low;
    const bool all = own == p.panels;  // then the columns of the group lie side by side
    const long panels = all ? group.count * own : own;
    for (int k = 0; k < (all ? 1 : group.count); k++) {
        const long column = k * p.width + part.low * PANEL;
        product(from.data(), rows, depth, memory.weights + memory.at[i] + column * depth, panels,
                start + column, start_stride, c + column, stride, panels * PANEL);
    }
}

// The products with x of steps [begin, end), with the biases, into `pre`.
static void input_products(const Problem& p, const Part& part, const ForwardMemory& memory,
                           long begin, long end, Real* pre) {
    const long stride = p.cell.gates * p.width;
    std::vector<const Real*> x;
    for (long n = begin; n < end; n++)
        for (long i = part.first; i < part.running(p.a.sizes[p.step(n)]); i++)
            x.push_back(p.a.x + p.outside(p.step(n), i) * p.a.input);
    std::vector<char> begun(p.cell.gates);
    for (int i = 0; i < p.cell.groups; i++) {
        const Group& group = p.cell.group[i];
        if (group.source >= 0) break;
        const long column = group.gate * p.width;
        group_product(p, part, memory, i, x, memory.bias + column, 0, pre + column);
        std::fill_n(begun.begin() + group.gate, group.count, 1);
    }
    const long first = part.low * PANEL, bytes = (part.high - part.low) * PANEL * sizeof(Real);
    for (int g = 0; g < p.cell.gates; g++)
        for (size_t r = 0; r < x.size() && !begun[g]; r++)
            std::memcpy(pre + r * stride + g * p.width + first,
                        memory.bias + g * p.width + first, bytes);
}

// The products of one stage with states and computed sources, added to `pre`.
static void recurrent_products(const Problem& p, const Part& part, const ForwardMemory& memory,
                               int stage, const std::vector<Row>& rows, Real* pre) {
    std::vector<const Real*> from(rows.size());
    for (int i = 0; i < p.cell.groups; i++) {
        const Group& group = p.cell.group[i];
        if (group.source < 0 || group.stage != stage) continue;
        const int computed = group.source - p.cell.states;
        for (size_t r = 0; r < rows.size(); r++)
            from[r] = computed < 0 ? rows[r].old[group.source]
                                   : rows[r].source + computed * p.width;
        Real* to = pre + group.gate * p.width;
        group_product(p, part, memory, i, from, to, p.cell.gates * p.width, to);
    }
}

static void forward_part(const Problem& p, const Part& part, ForwardMemory& memory) {
    const Arguments& a = p.a;
    const long stride = p.cell.gates * p.width, sequences = std::max(part.last - part.first, 1l);
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
                rows.back().source = memory.source + i * p.cell.sources * p.width;
            }
            const long count = static_cast<long>(rows.size());
            for (int phase = 0; phase <= p.cell.stages; phase++) {
                if (phase > 0) recurrent_products(p, part, memory, phase - 1, rows, at);
                p.cell.forward[phase](rows.data(), count, part.low * PANEL, part.high * PANEL);
                if (p.cell.sources > 0 || phase == p.cell.stages) part.wait();
            }
            at += count * stride;
        }
    }
}

static void copy_final_states(const Problem& p) {
    const size_t bytes = p.a.hidden * sizeof(Real);
    for (int s = 0; s < p.cell.states; s++)
        for (long i = 0; i < p.a.batch; i++) {
            const long length = p.length(i), last = p.a.reverse ? 0 : length - 1;
            const Real* from = length ? p.a.sequence[s] + p.outside(last, i) * p.a.hidden
                                      : p.a.initial[s] + p.a.order[i] * p.a.hidden;
            std::memcpy(p.a.final[s] + p.a.order[i] * p.a.hidden, from, bytes);
        }
}
