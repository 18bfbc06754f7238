// The weights' panels for what comes back through the products: the gates of a group are
// multiplied together, as many of them as fit the near cache.

#pragma once

// Gates of one group whose adjoints are multiplied with the weights' columns at once.
struct BackRun {
    const Group* group;
    int first, count;  // of the group's gates
    long at;           // where its panels start
    int gate() const { return group->gate + first; }
};

constexpr long MOST_DEPTH = 512;

struct BackRuns {
    std::vector<BackRun> runs;
    long size = 0;

    explicit BackRuns(const Problem& p) {
        const int most = static_cast<int>(std::max(1l, MOST_DEPTH / p.width));
        for (const Group* group = p.cell.group; group < p.cell.group + p.cell.groups; group++)
            for (int first = 0; first < group->count; first += most) {
                const int count = std::min(most, group->count - first);
                runs.push_back({group, first, count, size});
                size += count * p.width * padded(p.depth(*group));
            }
    }
    void pack(const Problem& p, Real* to, const Crew& crew) const {
        for (const BackRun& run : runs) {
            const Real* w = p.weights(*run.group);
            const long columns = p.depth(*run.group);
            const Share share = crew.share(padded(columns) / PANEL);
            for (long v = share.first; v < share.last; v++) {
                Real* panel = to + run.at + v * PANEL * run.count * p.width;
                const long lanes = std::min(columns - v * PANEL, PANEL);
                for (int g = run.first; g < run.first + run.count; g++)
                    for (long m = 0; m < p.width; m++, panel += PANEL) {
                        const Real* row =
                            w + (run.group->blocks[g] * p.a.hidden + m) * columns + v * PANEL;
                        for (long j = 0; j < PANEL; j++)
                            panel[j] = m < p.a.hidden && j < lanes ? row[j] : 0;
                    }
            }
        }
    }
};
