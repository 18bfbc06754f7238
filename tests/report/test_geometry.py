"""The two-weight problem against its closed forms, and the balls against the solutions."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso, Ridge

from steadfit.report.geometry import TwoWeights, penalty_geometry


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    return TwoWeights(x, x @ np.array([1.0, -0.2]) + rng.normal(size=200))


def test_the_solutions_are_scikit_learns(problem):
    lasso = Lasso(alpha=0.8 / 2, fit_intercept=False, tol=1e-12).fit(problem.x, problem.y)
    ridge = Ridge(alpha=0.4 * 200, fit_intercept=False).fit(problem.x, problem.y)
    np.testing.assert_allclose(problem.fit(l1=0.8), lasso.coef_, atol=1e-9)
    np.testing.assert_allclose(problem.fit(l2=0.4), ridge.coef_, atol=1e-9)


def test_the_lasso_has_an_exact_zero_and_the_ridge_none(problem):
    assert problem.fit(l1=0.8)[1] == 0
    assert (problem.fit(l2=0.4) != 0).all()


def test_each_ball_is_touched_at_its_solution_and_holds_nothing_better(problem):
    figure = penalty_geometry(problem, l1=0.8, l2=0.4)
    balls = [trace for trace in figure.data if trace.type == "scatter" and trace.fill]
    for ball, norm, solution in zip(
        balls, (1, 2), (problem.fit(l1=0.8), problem.fit(l2=0.4)), strict=True
    ):
        edge = np.stack([ball.x, ball.y], 1)
        radii = np.linalg.norm(edge, norm, axis=1)
        np.testing.assert_allclose(radii, np.linalg.norm(solution, norm), rtol=1e-12)
        assert (problem.loss(edge) >= problem.loss(solution) - 1e-12).all()


def test_the_coloured_contour_goes_through_the_solution(problem):
    figure = penalty_geometry(problem, l1=0.8, l2=0.4)
    through = [trace for trace in figure.data if trace.type == "contour"][1]
    assert through.contours.start == through.contours.end
    assert through.contours.start == pytest.approx(problem.loss(problem.fit(l1=0.8)))
