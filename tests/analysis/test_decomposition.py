"""The splits against other libraries, definitions written out, closed forms and known truths."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadfit.analysis import decomposition
from steadfit.errors import SteadfitError

# Grids of crossed seeds; test_own_seeds.py has those of the samples' own.
brier, cross_entropy, kohavi_wolpert, squared_error = (
    partial(decompose, crossed=True)
    for decompose in (
        decomposition.brier,
        decomposition.cross_entropy,
        decomposition.kohavi_wolpert,
        decomposition.squared_error,
    )
)
GRIDS = [(5, 2), (3, 1), (1, 3), (10, 2), (2, 3), (3, 4)]


def log_sum_exp(z):
    return np.logaddexp.reduce(z, axis=-1)


def softmax(z):
    return np.exp(z - log_sum_exp(z)[..., None])


def logits_and_labels(grid, points=40, classes=4, seed=0, scale=2.0):
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(*grid, points, classes)), rng.integers(0, classes, points)


def effects(grid, points, classes, sds, seed):
    """Two-way random effects, drawn anew at each point: a mean over points is a simulation."""
    rng = np.random.default_rng(seed)
    shapes = [(grid[0], 1), (1, grid[1]), grid]
    return sum(
        sd * rng.normal(size=(*shape, points, classes))
        for sd, shape in zip(sds, shapes, strict=True)
    )


@pytest.mark.parametrize("grid", GRIDS)
def test_squared_error_is_the_mean_over_independent_pairs(grid):
    rng = np.random.default_rng(1)
    f, y = rng.normal(size=(*grid, 7, 3)), rng.normal(size=(7, 3))
    cells = list(np.ndindex(*grid))
    crossed = min(grid) > 1
    pairs = [
        (f[r], f[t])
        for r, t in itertools.permutations(cells, 2)
        if not crossed or (r[0] != t[0] and r[1] != t[1])
    ]
    variance = np.mean([((a - b) ** 2).sum(-1) / 2 for a, b in pairs])
    bias_noise = np.mean([((a - y) * (b - y)).sum(-1) for a, b in pairs])
    parts = squared_error(f, y)
    assert parts.variance == pytest.approx(variance, rel=1e-12)
    assert parts.bias_noise == pytest.approx(bias_noise, rel=1e-12)


@pytest.mark.parametrize("grid", [(5, 2), (10, 2), (3, 4), (2, 2)])
def test_squared_components_are_the_two_way_mean_squares(grid):
    samples, seeds = grid
    rng = np.random.default_rng(2)
    f = rng.normal(size=(*grid, 6, 2))
    rows, columns, mean = f.mean(1, keepdims=True), f.mean(0, keepdims=True), f.mean((0, 1))
    ms_a = seeds * ((rows - mean) ** 2).sum((0, 1)) / (samples - 1)
    ms_b = samples * ((columns - mean) ** 2).sum((0, 1)) / (seeds - 1)
    ms_ab = ((f - rows - columns + mean) ** 2).sum((0, 1)) / ((samples - 1) * (seeds - 1))
    expected = (ms_a - ms_ab) / seeds, (ms_b - ms_ab) / samples, ms_ab
    found = squared_error(f, np.zeros((6, 2)))
    assert found.components is not None
    for part, mean_square in zip(
        (found.components.sample, found.components.seed, found.components.interaction),
        expected,
        strict=True,
    ):
        assert part == pytest.approx(mean_square.sum(-1).mean(), rel=1e-10)


@pytest.mark.parametrize("grid", [(5, 2), (3, 1), (10, 2)])
def test_variance_is_unbiased_where_replicas_share_samples_and_seeds(grid):
    sds = (1.0, 0.0, 0.7) if grid[1] == 1 else (1.0, 0.8, 0.7)
    f = effects(grid, 40_000, 1, sds, seed=3)
    truth = sum(sd**2 for sd in sds)
    parts = squared_error(f, np.full((40_000, 1), 2.0))
    assert parts.variance == pytest.approx(truth, rel=0.02)
    assert parts.bias_noise == pytest.approx(4.0, rel=0.02)
    # The jackknife over cells takes replicas for independent: too low by the shared effects.
    over_cells = f.reshape(-1, 40_000).var(0, ddof=1).mean()
    assert grid[1] == 1 or over_cells < 0.95 * truth


@pytest.mark.parametrize("grid", GRIDS)
def test_cross_entropy_is_the_delete_one_definition_written_out(grid):
    z, y = logits_and_labels(grid)
    samples, seeds = grid
    log_p = z - log_sum_exp(z)[..., None]

    def phi(rows, columns):
        return log_sum_exp(log_p[np.ix_(rows, columns)].mean((0, 1)))

    def without(n, i):
        return [k for k in range(n) if k != i]

    s_all, j_all = range(samples), range(seeds)
    centre = samples * seeds * phi(s_all, j_all)
    if samples > 1:
        rows = [phi(without(samples, s), j_all) for s in s_all]
        centre = centre - (samples - 1) * seeds * np.mean(rows, axis=0)
    if seeds > 1:
        columns = [phi(s_all, without(seeds, j)) for j in j_all]
        centre = centre - samples * (seeds - 1) * np.mean(columns, axis=0)
    if min(grid) > 1:
        both = [phi(without(samples, s), without(seeds, j)) for s in s_all for j in j_all]
        centre = centre + (samples - 1) * (seeds - 1) * np.mean(both, axis=0)
    parts = cross_entropy(z, y)
    assert parts.variance == pytest.approx(-centre.mean(), rel=1e-9)
    centre_log_p = log_p.mean((0, 1))
    centre_log_p -= log_sum_exp(centre_log_p)[..., None]
    divergence = (np.exp(centre_log_p) * (centre_log_p - log_p)).sum(-1)
    assert parts.plug_in == pytest.approx(divergence.mean(), rel=1e-9)
    at_label = np.take_along_axis(log_p, np.broadcast_to(y[:, None], (*grid, 40, 1)), -1)
    assert parts.total == pytest.approx(-at_label.mean(), rel=1e-12)


@pytest.mark.parametrize(("replicas", "plug_in", "corrected"), [(2, 0.49, 0.976), (5, 0.79, 1.0)])
def test_cross_entropy_variance_of_independent_replicas(replicas, plug_in, corrected):
    """Logits N(mu, 1.33^2 I), 10 classes, mu = (2, 0, ...): the truth is 0.638 nats."""
    rng = np.random.default_rng(4)
    mu = np.r_[2.0, np.zeros(9)]
    truth = log_sum_exp(mu + 1.33 * rng.normal(size=(400_000, 10))).mean() - log_sum_exp(mu)
    z = mu + 1.33 * rng.normal(size=(replicas, 1, 40_000, 10))
    parts = cross_entropy(z, np.zeros(40_000, dtype=int))
    assert truth == pytest.approx(0.638, abs=0.004)
    assert parts.plug_in / truth == pytest.approx(plug_in, abs=0.01)
    assert parts.variance / truth == pytest.approx(corrected, abs=0.01)


@pytest.mark.parametrize(("grid", "tolerance"), [((5, 2), 0.04), ((10, 2), 0.03), ((5, 4), 0.02)])
def test_cross_entropy_variance_and_components_on_the_crossed_grid(grid, tolerance):
    sds, mu, points = (0.8, 0.7, 0.6), np.r_[2.0, np.zeros(9)], 20_000
    rng = np.random.default_rng(5)

    def gap(*chosen):
        sd = np.sqrt(sum(sds[i] ** 2 for i in chosen))
        draws = mu + sd * rng.normal(size=(300_000, 10))
        return log_sum_exp(draws).mean() - log_sum_exp(mu)

    total, sample, seed = gap(0, 1, 2), gap(0), gap(1)
    z = mu + effects(grid, points, 10, sds, seed=6)
    parts = cross_entropy(z, np.zeros(points, dtype=int))
    assert parts.components is not None
    assert parts.variance == pytest.approx(total, rel=tolerance)
    assert parts.components.sample == pytest.approx(sample, abs=tolerance * total)
    assert parts.components.seed == pytest.approx(seed, abs=tolerance * total)
    assert parts.components.interaction == pytest.approx(
        total - sample - seed, abs=tolerance * total
    )
    assert parts.plug_in < 0.93 * total


def test_brier_is_the_squared_error_of_the_probabilities():
    z, y = logits_and_labels((5, 2))
    ours, theirs = brier(z, y), squared_error(softmax(z), np.eye(4)[y])
    assert ours.total == pytest.approx(theirs.total)
    assert ours.variance == pytest.approx(theirs.variance)
    assert ours.components is not None
    assert theirs.components is not None
    assert ours.components.seed == pytest.approx(theirs.components.seed)


def test_kohavi_wolpert_with_their_correction_for_few_replicas():
    z, y = logits_and_labels((7, 1), points=200, scale=1.0)
    shares = np.eye(4)[z.argmax(-1)].mean((0, 1))
    spread = shares * (1 - shares) / (7 - 1)
    bias = ((np.eye(4)[y] - shares) ** 2 - spread).sum(-1) / 2
    variance = (1 - (shares**2).sum(-1)) / 2 + spread.sum(-1) / 2
    parts = kohavi_wolpert(z, y)
    assert parts.total == pytest.approx((z.argmax(-1) != y).mean())
    assert parts.bias_noise == pytest.approx(bias.mean())
    assert parts.variance == pytest.approx(variance.mean())


def test_nearest_neighbours_closed_form():
    """k nearest neighbours on fixed x with fresh noise in y: variance sigma^2 / k, bias known."""
    rng = np.random.default_rng(7)
    n, k, sigma, replicas = 2000, 5, 0.5, 60
    x = np.sort(rng.uniform(0, 3, n))
    queries = rng.uniform(0, 3, 300)
    nearest = np.argsort(np.abs(queries[:, None] - x), axis=1)[:, :k]
    noisy = np.sin(4 * x) + sigma * rng.normal(size=(replicas, 1, n))
    f = noisy[:, :, nearest].mean(-1)[..., None]
    bias = (np.sin(4 * x[nearest]).mean(1) - np.cos(queries)) ** 2
    parts = squared_error(f, np.cos(queries)[:, None])
    assert parts.variance == pytest.approx(sigma**2 / k, rel=0.04)
    assert parts.bias_noise == pytest.approx(bias.mean(), rel=0.02)


def test_ridge_regression_closed_form():
    rng = np.random.default_rng(8)
    n, d, penalty, replicas = 40, 10, 5.0, 400
    x, queries, w = rng.normal(size=(n, d)), rng.normal(size=(500, d)), rng.normal(size=d)
    hat = queries @ np.linalg.solve(x.T @ x + penalty * np.eye(d), x.T)
    f = (x @ w + rng.normal(size=(replicas, 1, n))) @ hat.T
    parts = squared_error(f[..., None], (queries @ w)[:, None])
    assert parts.variance == pytest.approx((hat**2).sum(1).mean(), rel=0.05)
    bias = ((hat @ x @ w - queries @ w) ** 2).mean()
    assert parts.bias_noise == pytest.approx(bias, abs=0.05 * parts.variance)


@given(
    grid=st.sampled_from(GRIDS),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([0.01, 1.0, 30.0]),
    split=st.sampled_from([cross_entropy, brier, kohavi_wolpert]),
)
def test_what_must_not_matter(grid, seed, scale, split):
    z, y = logits_and_labels(grid, points=12, seed=seed, scale=scale)
    rng = np.random.default_rng(seed)
    parts = split(z, y)
    assert parts.bias_noise + parts.variance == pytest.approx(parts.total, rel=1e-12)
    assert parts.total == pytest.approx(parts.losses.mean(), rel=1e-12)
    assert parts.table("bias_noise").mean() == pytest.approx(parts.bias_noise, rel=1e-9, abs=1e-12)
    order = [rng.permutation(n) for n in (*grid, 12)]
    changed = {
        "order": split(z[np.ix_(*order)], y[order[2]]),
        "classes": split(z[..., ::-1], 3 - y),
        "shift": split(z + 100 * rng.normal(size=(*grid, 12, 1)), y),
        "single precision": split(z.astype(np.float32).astype(np.float64), y),
    }
    swapped = split(z.swapaxes(0, 1), y)
    for name, other in {**changed, "samples for seeds": swapped}.items():
        accuracy = 1e-4 if name == "single precision" else 1e-9
        tolerance = accuracy * (1 + abs(parts.total))
        assert other.total == pytest.approx(parts.total, abs=tolerance), name
        assert other.variance == pytest.approx(parts.variance, abs=10 * tolerance), name
        assert other.plug_in == pytest.approx(parts.plug_in, abs=tolerance), name
    if parts.components is not None and swapped.components is not None:
        assert swapped.components.seed == pytest.approx(parts.components.sample, abs=1e-8)


def test_components_need_samples_and_seeds():
    kinds = [cross_entropy(*logits_and_labels(grid)) for grid in ((5, 2), (3, 1), (1, 3))]
    assert [parts.components is None for parts in kinds] == [False, True, True]


def test_blocks_of_points_do_not_show(monkeypatch):
    z, y = logits_and_labels((3, 2), points=50)
    whole = cross_entropy(z, y)
    monkeypatch.setattr(decomposition, "BLOCK", 7 * z[:, :, 0].size)
    pieces = cross_entropy(z, y)
    np.testing.assert_array_equal(whole.spreads, pieces.spreads)
    assert whole.components == pieces.components


def test_very_confident_logits_stay_finite():
    z = np.zeros((3, 2, 4, 3))
    z[..., 0], z[0, ..., 1] = 1e4, -1e4
    z[1, ..., 2] = 2e4
    parts = cross_entropy(z, np.full(4, 2))
    assert np.isfinite([parts.total, parts.variance, parts.bias_noise]).all()


@pytest.mark.parametrize(
    ("z", "y", "said"),
    [
        (np.zeros((3, 1, 4)), np.zeros(4, int), "(3, 1, 4)"),
        (np.zeros((3, 1, 4, 2)), np.zeros(5, int), "(5,)"),
        (np.zeros((3, 1, 4, 2)), np.full(4, 2), "from 0 to 1"),
        (np.zeros((3, 1, 4, 2)), np.zeros(4), "whole numbers"),
        (np.zeros((1, 1, 4, 2)), np.zeros(4, int), "at least two replicas"),
        (np.zeros((3, 1, 0, 2)), np.zeros(0, int), "no test points"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(z, y, said):
    with pytest.raises(SteadfitError, match=said.replace("(", r"\(").replace(")", r"\)")):
        cross_entropy(z, y)


def test_a_value_that_is_not_finite_is_named():
    z, y = logits_and_labels((3, 2))
    z[1, 0, 17, 2] = np.nan
    with pytest.raises(SteadfitError, match="sample 1 and seed 0 for test point 17"):
        cross_entropy(z, y)
    with pytest.raises(SteadfitError, match="target"):
        squared_error(np.zeros((2, 1, 2, 1)), [[np.inf], [0.0]])
    with pytest.raises(SteadfitError, match="outputs"):
        squared_error(np.zeros((2, 1, 2, 1)), [0.0, 0.0])
