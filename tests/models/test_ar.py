"""Linear autoregression against statsmodels, against closed forms, and against itself."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import yule_walker as statsmodels_yule_walker
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.stattools import acovf

from seqcourse.data import sunspots
from seqcourse.models import ar

SPOTS = sunspots().number


def stationary(partial: list[float]) -> np.ndarray:
    """Coefficients of a stationary model from partial autocorrelations in (-1, 1)."""
    phi = np.array([])
    for value in partial:
        phi = np.append(phi - value * phi[::-1], value)
    return phi


models = st.builds(
    lambda partial, variance: ar.AR(1.0, stationary(partial), variance),
    st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=6),
    st.floats(0.1, 10),
)


@pytest.mark.parametrize("p", [1, 2, 5, 9, 12])
def test_least_squares_is_autoreg(p: int) -> None:
    ours, theirs = ar.least_squares(SPOTS, p), AutoReg(SPOTS, p, trend="c").fit()
    np.testing.assert_allclose([ours.const, *ours.phi], theirs.params, rtol=1e-10)
    np.testing.assert_allclose(ours.variance, theirs.sigma2, rtol=1e-10)


@pytest.mark.parametrize("p", [1, 2, 5, 9, 12])
def test_yule_walker_is_statsmodels(p: int) -> None:
    ours = ar.yule_walker(SPOTS, p)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        phi, sigma = statsmodels_yule_walker(SPOTS, p, method="mle")
    np.testing.assert_allclose(ours.phi, phi, rtol=1e-10)
    np.testing.assert_allclose(ours.variance, sigma**2, rtol=1e-10)
    assert np.isclose(ours.mean, SPOTS.mean(), rtol=1e-12)


def test_forecast_is_autoreg() -> None:
    theirs = AutoReg(SPOTS, 9, trend="c").fit().forecast(30)
    np.testing.assert_allclose(ar.forecast(ar.least_squares(SPOTS, 9), SPOTS, 30), theirs)


def test_autocovariance_is_statsmodels() -> None:
    theirs = acovf(SPOTS, adjusted=False, nlag=40, fft=False)
    np.testing.assert_allclose(ar.autocovariance(SPOTS, 40), theirs, rtol=1e-10)


@given(models)
def test_recovered_from_its_own_autocovariance(model: ar.AR) -> None:
    gamma = ar.model_autocovariance(model, model.order)
    again = ar.from_autocovariance(gamma, mean=model.mean)
    np.testing.assert_allclose(again.phi, model.phi, atol=1e-6)
    np.testing.assert_allclose([again.const, again.variance], [model.const, model.variance], 1e-6)


@given(models)
def test_autocovariance_is_the_sum_over_shocks(model: ar.AR) -> None:
    """gamma(k) = variance × sum_j psi_j psi_{j+k}, where the shocks have died away."""
    if abs(ar.roots(model.phi)[0]) > 0.97:
        return
    psi = ar.impulse_response(model.phi, 1500)
    gamma = [model.variance * (psi[: 1500 - k] @ psi[k:]) for k in range(8)]
    np.testing.assert_allclose(ar.model_autocovariance(model, 7), gamma, atol=1e-6 * gamma[0])


@given(models, st.integers(1, 20))
def test_impulse_response_is_the_effect_of_one_more_unit(model: ar.AR, steps: int) -> None:
    history = np.linspace(-1, 1, model.order)
    raised = history + np.eye(model.order)[-1]
    effect = ar.forecast(model, raised, steps) - ar.forecast(model, history, steps)
    np.testing.assert_allclose(ar.impulse_response(model.phi, steps + 1)[1:], effect, atol=1e-9)


@given(st.floats(-0.95, 0.95), st.floats(0.1, 5))
def test_order_one_in_closed_form(phi: float, variance: float) -> None:
    model, k = ar.AR(2.0, np.array([phi]), variance), np.arange(1, 11)
    np.testing.assert_allclose(ar.impulse_response([phi], 10), phi ** (k - 1.0), atol=1e-12)
    closed = variance * (1 - phi ** (2.0 * k)) / (1 - phi**2)
    np.testing.assert_allclose(ar.forecast_variance(model, 10), closed, rtol=1e-9)
    gamma = variance / (1 - phi**2) * phi ** (k - 1.0)
    np.testing.assert_allclose(ar.model_autocovariance(model, 9), gamma, atol=1e-9)
    assert ar.roots([phi])[0].real == pytest.approx(phi)


def test_forecast_variance_is_that_of_simulated_futures() -> None:
    model = ar.least_squares(SPOTS, 2)
    noise = np.random.default_rng(0).normal(0, model.variance**0.5, (40_000, 12))
    futures = ar.simulate(model, SPOTS, noise)
    np.testing.assert_allclose(futures.var(0), ar.forecast_variance(model, 12), rtol=0.03)
    np.testing.assert_allclose(futures.mean(0), ar.forecast(model, SPOTS, 12), atol=0.6)


def test_many_histories_at_once() -> None:
    model = ar.least_squares(SPOTS, 3)
    histories = np.stack([SPOTS[:100], SPOTS[100:200]])
    both = ar.forecast(model, histories, 5)
    assert both.shape == (2, 5)
    for row, history in zip(both, histories, strict=True):
        np.testing.assert_allclose(row, ar.forecast(model, history, 5))


def test_forecast_ends_at_the_mean() -> None:
    model = ar.least_squares(SPOTS, 9)
    assert ar.forecast(model, SPOTS, 2000)[-1] == pytest.approx(model.mean)


def test_ringing_in_closed_form() -> None:
    """psi_k = r^k sin((k + 1) theta) / sin theta for a complex pair r e^(± i theta)."""
    r, theta = 0.8, 2 * np.pi / 11
    phi, k = [2 * r * np.cos(theta), -(r**2)], np.arange(30)
    closed = r**k * np.sin((k + 1) * theta) / np.sin(theta)
    np.testing.assert_allclose(ar.impulse_response(phi, 30), closed, atol=1e-12)
    np.testing.assert_allclose(np.abs(ar.roots(phi)), [r, r])
    assert ar.period(phi) == pytest.approx(11)


def test_spectrum_integrates_to_the_variance() -> None:
    model = ar.AR(0.0, np.array([1.3, -0.6]), 2.0)
    f = (np.arange(4096) + 0.5) / 4096 - 0.5
    assert ar.spectrum(model, f).mean() == pytest.approx(ar.model_autocovariance(model, 0)[0])


def test_yule_walker_is_stationary_on_anything() -> None:
    walk = np.random.default_rng(1).normal(size=400).cumsum()
    for p in (1, 2, 10):
        assert abs(ar.roots(ar.yule_walker(walk, p).phi)[0]) < 1


def test_order_by_bic() -> None:
    scores = ar.order_scores(SPOTS, 20)
    assert scores.shape == (20,) and scores.argmin() + 1 == 9
    past = AutoReg(SPOTS[20 - 4 :], 4, trend="c").fit()
    n = len(SPOTS) - 20
    assert scores[3] == pytest.approx(n * np.log(past.sigma2) + 5 * np.log(n))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ar.least_squares([1, 2, 3, 4, 5.0], 2), "at least 6 values"),
        (lambda: ar.least_squares([1, 2, np.nan, 4, 5, 6.0], 1), "NaN"),
        (lambda: ar.yule_walker(np.ones(20), 2), "constant"),
        (lambda: ar.yule_walker([1.0, 2.0], 2), "longer than the largest lag"),
        (lambda: ar.autocovariance([1.0, np.nan, 2.0], 1), "NaN"),
        (lambda: ar.from_autocovariance([1.0]), "p ≥ 1"),
        (lambda: ar.order_scores(np.arange(20.0), 12), "smaller max_order"),
        (lambda: ar.period([0.5]), "no cycle"),
        (lambda: ar.model_autocovariance(ar.AR(0.0, np.array([1.0]), 1.0), 3), "stationary"),
        (lambda: ar.forecast(ar.AR(0.0, np.ones(3), 1.0), [1.0, 2.0], 4), "last 3 values"),
        (lambda: ar.AR(0.0, np.array(0.5), 1.0), "p ≥ 1"),
    ],
)
def test_errors_say_what_to_do(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
