// Who computes what: a group of threads takes some of the sequences through all steps without
// waiting for other groups; in a group each thread computes some of the units, and they wait for
// one another once a phase.

#pragma once

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
