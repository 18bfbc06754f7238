// The library of sweeps over time, one a floating type, for every cell: `Cell` says what is the cell's
// own. They return 0, or 1 where there is not the memory that they ask for: no exception may leave
// them, as Python calls them as C. Within the region of the threads only small pieces are asked for.

#pragma once

#include <cstring>

#include "cell.h"
#include "memory.h"
#include "products.h"
#include "problem.h"
#include "team.h"
#include "forward.h"
#include "back_runs.h"
#include "backward.h"
#include "gradients.h"

static void sweep_forward(const Cell& cell, const Arguments& arguments) {
    const Problem p(cell, arguments);
    ForwardMemory memory(p);
    with_team(p, [&](const Crew& crew, const Part& part) {
        memory.pack(p, crew);
        crew.wait();
        forward_part(p, part, memory);
    });
    copy_final_states(p);
}

static void sweep_backward(const Cell& cell, const Arguments& arguments) {
    const Problem p(cell, arguments);
    const BackRuns runs(p);
    const BackwardMemory memory(p, runs);
    const Gradients gradients(p, memory);
    const Scratch packed(gradients.packed * GRADIENT_ROWS);
    with_team(p, [&](const Crew& crew, const Part& part) {
        runs.pack(p, memory.weights, crew);
        crew.wait();
        backward_part(p, part, runs, memory);
        crew.wait();
        vector_gradients(p, memory, crew);
        weight_gradients(p, memory, gradients, packed, crew);
        if (p.a.d_x) input_gradient(p, memory, runs, gradients.outside, crew);
    });
}

typedef void (*Sweep)(const Cell& cell, const Arguments& arguments);

static int lacks_memory(Sweep sweep, const Cell* cell, const Arguments* arguments) {
    try {
        sweep(*cell, *arguments);
    } catch (const std::bad_alloc&) {
        return 1;
    }
    return 0;
}

#define OFFERED extern "C" __attribute__((visibility("default")))

OFFERED int run_forward(const Cell* cell, const Arguments* arguments) {
    return lacks_memory(sweep_forward, cell, arguments);
}

OFFERED int run_backward(const Cell* cell, const Arguments* arguments) {
    return lacks_memory(sweep_backward, cell, arguments);
}
