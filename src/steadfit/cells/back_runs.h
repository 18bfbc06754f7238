// The weights' panels for what comes back through the products: gates that share a source are
// multiplied together.

#pragma once

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
    void pack(const Problem& p, Real* to, const Crew& crew) const {
        for (const BackRun& run : runs) {
            const Real* w = run.source < 0 ? p.a.input_weight : p.a.recurrent_weight;
            const Share share = crew.share(padded(run.columns) / PANEL);
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
