// What a cell's own source and the sweeps over time hand to one another. Define Real first, and
// REAL_IS_FLOAT.

#pragma once

#include "vectors.h"

constexpr int MOST_STATES = 8;

// One row of one step. Memory of the kernel's own has whole panels: block b of a row starts at
// b * width. Memory of the caller's (old, now, mask, given, d_now) has `hidden` numbers.
struct Row {
    long hidden, width;
    const Real* pre;           // gates before their functions
    const Real* peephole;
    const Real* mask;
    const Real* old[MOST_STATES];
    const Real* given[MOST_STATES];  // shares that zoneout keeps
    Real* now[MOST_STATES];
    Real* saved;               // what the backward sweep needs; null if there is none
    Real* source;              // computed values that products take
    const Real* d_now[MOST_STATES];  // from the outputs at this step; null for none
    Real* carry[MOST_STATES];  // from the step after; then for the step before
    const Real* back;          // adjoints of computed sources
    Real* delta;               // adjoints of gates, then of peepholes
};

// Gates in neighbouring columns that take the same source at the same stage: one product.
struct Group {
    int source;         // -1: x; below Cell::states: an old state; the rest: a computed source
    int stage;          // the phase of the forward sweep after which it is computed; x: 0
    int back_phase;     // the phase of the backward sweep after which all their adjoints are known
    int gate, count;    // columns [gate, gate + count)
    const int* blocks;  // of the weights, for each column
};

// What happens in each unit alone, in some rows, for units [first, last).
typedef void (*Phase)(const Row* rows, long count, long first, long last);

struct Cell {
    int states, gates, peepholes, saved, sources, groups;
    int stages, backward_phases;  // the forward sweep has a phase more than stages
    const int* bias_block;        // of each column of gates
    const Group* group;           // those of x come first
    const Phase *forward, *backward;
};

static inline Vector get(const Real* p, long left) {
    return left >= LANES ? load(p) : load_some(p, left);
}

static inline void put(Real* p, Vector v, long left) {
    if (left >= LANES)
        store(p, v);
    else
        store_some(p, v, left);
}

static inline void keep(Real* p, Vector v, long left) {
    store(p, left >= LANES ? v : first_lanes(v, left));
}

// How the loss changes with a new state: through the step after, and through its own output.
static inline Vector adjoint(const Row& row, int state, long j, long left) {
    Vector d = load(row.carry[state] + j);
    return row.d_now[state] ? d + get(row.d_now[state] + j, left) : d;
}
