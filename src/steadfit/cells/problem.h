// One call's tensors, and where in them each step of each sequence stands.
//
// Sequences that end early come in the order of falling lengths, so that those which are still
// running at a step are the first `sizes[t]`. Rows that only the kernel sees stand side by side for
// each step: row offset[t] + i is sequence i at step t. Rows of the caller's tensors are found by
// `Problem::outside`.

#pragma once
#include <cstdint>
#include <vector>

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
    const Cell& cell;
    const Arguments& a;
    long width, panels;  // hidden units with padding; in panels
    std::vector<long> offset;

    Problem(const Cell& made, const Arguments& given)
        : cell(made), a(given), width(padded(given.hidden)), panels(width / PANEL), offset(given.time + 1) {
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
    // How many numbers a source has: x, or a value of H units.
    long depth(const Group& group) const { return group.source < 0 ? a.input : a.hidden; }
    const Real* weights(const Group& group) const {
        return group.source < 0 ? a.input_weight : a.recurrent_weight;
    }
    // How many steps sequence i has.
    long length(long i) const {
        return std::partition_point(a.sizes, a.sizes + a.time,
                                    [&](int64_t size) { return size > i; }) - a.sizes;
    }
};

static Row row_of(const Problem& p, long n, long i) {
    const Arguments& a = p.a;
    const long t = p.step(n), outside = p.outside(t, i), inside = p.offset[t] + i;
    Row row{};
    row.hidden = a.hidden;
    row.width = p.width;
    row.mask = a.mask ? a.mask + a.order[i] * a.hidden : nullptr;
    row.saved = a.saved ? a.saved + inside * p.cell.saved * p.width : nullptr;
    for (int s = 0; s < p.cell.states; s++) {
        row.old[s] = p.old(s, n, i);
        row.now[s] = a.sequence[s] + outside * a.hidden;
        row.given[s] = a.given[s] ? a.given[s] + outside * a.hidden : nullptr;
        row.d_now[s] = a.d_sequence[s] ? a.d_sequence[s] + outside * a.hidden : nullptr;
    }
    return row;
}
