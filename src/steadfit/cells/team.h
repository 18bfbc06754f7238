// Who computes what: a group of threads takes some of the sequences through all steps without
// waiting for other groups; in a group each thread computes some of the units, and they wait for
// one another once a phase.

#pragma once

extern "C" {  // OpenMP's library, called as g++ calls it: other compilers would bring their own
void GOMP_parallel(void (*work)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_thread_num();
int omp_get_num_threads();
}

struct Team {
    int groups, members;  // groups share out the sequences, members of a group the units
    std::vector<long> first;  // the first sequence of each group, and the end

    Team(const Problem& p, int threads) {
        const long work = p.rows() * p.a.hidden * (p.a.hidden + p.a.input) * p.cell.gates;
        if (work < 200000) threads = 1;
        groups = static_cast<int>(std::clamp<long>(p.a.batch / 4, 1, threads));
        while (threads % groups) groups--;
        members = static_cast<int>(std::min<long>(threads / groups, p.panels));
        const long rows = p.a.batch / groups;
        if (rows * p.a.hidden * p.a.hidden * p.cell.gates < 30000) members = 1;  // waiting costs more
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
    int members;  // of the group, that wait for one another
    Barrier& barrier;
    long running(long size) const { return std::clamp(size, first, last); }
    void wait() const { barrier.wait(members); }
};

// All threads of a team, as seen by thread `number`.
struct Crew {
    int number, count;
    Barrier& barrier;
    void wait() const { barrier.wait(count); }
    Share share(long things) const { return Share(things, number, count); }  // this thread's
};

// Runs `work()` on so many threads, or on fewer, and waits for them.
template <class Work>
static void in_parallel(int threads, Work work) {
    GOMP_parallel([](void* data) noexcept { (*static_cast<Work*>(data))(); }, &work, threads, 0);
}

// Runs `work(crew, part)` on the threads of a team. OpenMP may grant fewer than are asked for; then
// the work is shared out anew, and a thread that is left over gets an empty part.
template <class Work>
static void with_team(const Problem& p, Work work) {
    Team team(p, static_cast<int>(p.a.threads));
    Barrier all;
    std::vector<Barrier> barriers(team.threads() + 1);
    in_parallel(team.threads(), [&] {
        const Crew crew{omp_get_thread_num(), omp_get_num_threads(), all};
        if (crew.number == 0 && crew.count < team.threads()) team = Team(p, crew.count);
        crew.wait();
        const int group = std::min(crew.number / team.members, team.groups);
        const bool idle = group == team.groups;
        const Share units(p.panels, crew.number % team.members, team.members);
        const long last = team.first[std::min(group + 1, team.groups)];
        work(crew, Part{team.first[group], last, units.first, units.last,
                        idle ? 1 : team.members, barriers[group]});
        crew.wait();
    });
}
