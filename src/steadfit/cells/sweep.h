// The two functions that a kernel's library offers, for the cell whose tables and phases stand above.

#pragma once

#include "problem.h"
#include "team.h"
#include "forward.h"
#include "back_runs.h"
#include "backward.h"
#include "gradients.h"

extern "C" __attribute__((visibility("default"))) void cell_forward(const Arguments* arguments) {
    const Problem p(*arguments);
    ForwardMemory memory(p);
    with_team(p, [&](const Crew& crew, const Part& part) {
        memory.pack(p, crew);
        crew.wait();
        forward_part(p, part, memory);
    });
    copy_final_states(p);
}

extern "C" __attribute__((visibility("default"))) void cell_backward(const Arguments* arguments) {
    const Problem p(*arguments);
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
