// The sweep over time, backward: adjoints of gates at every step, of states from step to step.

#pragma once

struct BackwardMemory {
    Scratch weights, peephole, carry, back, delta, source, zeros;
    long delta_width;
    BackwardMemory(const Problem& p, const BackRuns& runs)
        : weights(runs.size),
          peephole(p.cell.peepholes * p.width),
          carry(p.cell.states * p.a.batch * p.width),
          back(p.a.batch * p.cell.sources * p.width),
          delta(p.rows() * delta_width_of(p) + PANEL),  // whole tiles are copied
          source(p.rows() * p.cell.sources * p.width),
          zeros(padded(std::max(p.a.input, p.a.hidden))),
          delta_width(delta_width_of(p)) {
        pad_peepholes(p, peephole);
        std::memset(zeros, 0, padded(std::max(p.a.input, p.a.hidden)) * sizeof(Real));
        for (int s = 0; s < p.cell.states; s++)
            for (long i = 0; i < p.a.batch; i++) {
                Real* to = carry_of(p, s, i);
                std::memset(to, 0, p.width * sizeof(Real));
                if (p.a.d_final[s])
                    std::memcpy(to, p.a.d_final[s] + p.a.order[i] * p.a.hidden,
                                p.a.hidden * sizeof(Real));
            }
    }
    static long delta_width_of(const Problem& p) {
        return (p.cell.gates + p.cell.peepholes) * p.width;
    }
    Real* carry_of(const Problem& p, int state, long i) const {
        return carry + (state * p.a.batch + i) * p.width;
    }
};

// What comes back through the products whose gates' adjoints are known after this phase.
static void back_products(const Problem& p, const Part& part, const BackRuns& runs,
                          const BackwardMemory& memory, int phase, const std::vector<Row>& rows) {
    const int states = p.cell.states, sources = p.cell.sources;
    const long column = part.low * PANEL;
    std::vector<const Real*> from(rows.size());
    std::vector<char> begun(sources);
    for (const BackRun& run : runs.runs) {
        const int source = run.group->source;
        if (source < 0 || run.group->back_phase != phase) continue;
        for (size_t r = 0; r < rows.size(); r++) from[r] = rows[r].delta + run.gate() * p.width;
        const bool state = source < states;
        const long stride = state ? p.width : sources * p.width;
        Real* to = column + (state ? memory.carry_of(p, source, part.first)
                                   : memory.back + part.first * stride +
                                         (source - states) * p.width);
        const bool fresh = !state && !begun[source - states];
        if (fresh) begun[source - states] = 1;
        const long depth = run.count * p.width;
        product(from.data(), static_cast<long>(rows.size()), depth,
                memory.weights + run.at + column * depth, part.high - part.low,
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
            row.source = memory.source + inside * p.cell.sources * p.width;
            row.back = memory.back + i * p.cell.sources * p.width;
            for (int s = 0; s < p.cell.states; s++) row.carry[s] = memory.carry_of(p, s, i);
            rows.push_back(row);
        }
        for (int phase = 0; phase < p.cell.backward_phases; phase++) {
            p.cell.backward[phase](rows.data(), static_cast<long>(rows.size()), part.low * PANEL,
                                   part.high * PANEL);
            part.wait();
            back_products(p, part, runs, memory, phase, rows);
        }
    }
    for (int s = 0; s < p.cell.states; s++)
        for (long i = part.first; i < part.last && a.d_initial[s]; i++) {
            const long first = part.low * PANEL;
            const long count = std::min(part.high * PANEL, static_cast<long>(a.hidden)) - first;
            if (count > 0)
                std::memcpy(a.d_initial[s] + a.order[i] * a.hidden + first,
                            memory.carry_of(p, s, i) + first, count * sizeof(Real));
        }
}
