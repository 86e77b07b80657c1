"""Linear autoregression, from its equations: fit, read, roll out.

x_t = const + phi[0] x_{t-1} + … + phi[p-1] x_{t-p} + noise, the noise independent of the past.
Lags run along the last axis, the latest first; T is a series' length, p the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from seqcourse.data import lagged


@dataclass(frozen=True, eq=False)
class AR:
    """An autoregressive model of order p.

    Args:
        const: the constant, in the series' unit.
        phi: (p,) coefficients; phi[0] multiplies the latest value.
        variance: of the noise, in the series' unit squared.
    """

    const: float
    phi: np.ndarray
    variance: float

    def __post_init__(self) -> None:
        phi = np.array(self.phi, dtype=float)
        if phi.ndim != 1 or phi.size == 0:
            raise ValueError(f"AR got phi of shape {phi.shape}; give (p,) coefficients, p ≥ 1.")
        object.__setattr__(self, "phi", phi)

    @property
    def order(self) -> int:
        """p, the number of past values it looks at."""
        return len(self.phi)

    @property
    def mean(self) -> float:
        """The level that a stationary model returns to: mu = const + (sum of phi) mu."""
        return float(self.const / (1 - self.phi.sum()))


# Fitting


def least_squares(x: ArrayLike, p: int) -> AR:
    """Fit order `p` by regressing each value on the p values before it.

    Args:
        x: (T,) series, T ≥ 2p + 2, so that there are more equations than coefficients.
        p: the order.

    Raises:
        TypeError, ValueError: as `lagged`, or `x` is too short.
    """
    past, now = lagged(x, p)  # (N, p), (N,) with N = T - p
    if len(now) <= p + 1:
        raise ValueError(
            f"least_squares got {len(now)} windows for {p + 1} coefficients; "
            f"give at least {2 * p + 2} values or a smaller p."
        )
    design = np.column_stack([np.ones(len(now)), past])  # (N, p + 1)
    beta = np.linalg.lstsq(design, now, rcond=None)[0]  # (p + 1,)
    residual = now - design @ beta  # (N,)
    return AR(float(beta[0]), beta[1:], float(np.mean(residual**2)))


def yule_walker(x: ArrayLike, p: int) -> AR:
    """Fit order `p` by the Yule–Walker equations, from the sample autocovariances.

    Always stationary, unlike least squares.

    Raises:
        ValueError: as `autocovariance`; the series is constant.
    """
    series = np.asarray(x, dtype=float)
    return from_autocovariance(autocovariance(series, p), mean=float(series.mean()))


def from_autocovariance(gamma: ArrayLike, mean: float = 0.0) -> AR:
    """The model of order p whose first autocovariances are `gamma`.

    Solves gamma(k) = sum_j phi_j gamma(k - j) for k = 1 … p.

    Args:
        gamma: (p + 1,) autocovariances at lags 0 … p.
        mean: of the series.

    Raises:
        ValueError: fewer than two autocovariances, or gamma(0) ≤ 0.
    """
    g = np.asarray(gamma, dtype=float)
    if g.ndim != 1 or len(g) < 2:
        raise ValueError(f"from_autocovariance got shape {g.shape}; give lags 0 … p, p ≥ 1.")
    if not g[0] > 0:
        raise ValueError(
            f"from_autocovariance got gamma(0) = {g[0]}; a variance must be positive: "
            "is the series constant?"
        )
    p = len(g) - 1
    lag = np.abs(np.subtract.outer(np.arange(p), np.arange(p)))  # |k - j|, (p, p)
    phi = np.linalg.solve(g[lag], g[1:])
    return AR(mean * (1 - phi.sum()), phi, float(g[0] - phi @ g[1:]))


def autocovariance(x: ArrayLike, lags: int) -> np.ndarray:
    """Sample autocovariances at lags 0 … `lags`, each divided by T.

    Dividing by T, not by the number of pairs, keeps Yule–Walker fits stationary.

    Args:
        x: (T,) series.
        lags: the largest lag, below T.

    Returns:
        (lags + 1,), in the series' unit squared.

    Raises:
        ValueError: `x` is not one series, holds NaN or infinity, or is too short.
    """
    series = np.asarray(x, dtype=float)
    if series.ndim != 1 or not 0 <= lags < len(series):
        raise ValueError(
            f"autocovariance got shape {series.shape} and lags={lags}; "
            "give one series that is longer than the largest lag."
        )
    if not np.isfinite(series).all():
        raise ValueError("autocovariance got NaN or infinity: fill the gap or cut the series.")
    d = series - series.mean()
    total = len(d)
    return np.array([d[k:] @ d[: total - k] / total for k in range(lags + 1)])


def order_scores(x: ArrayLike, max_order: int) -> np.ndarray:
    """BIC of the orders 1 … `max_order`, all fitted to the same targets; the lowest is best.

    N ln(mean squared residual) + (number of coefficients) ln N.

    Args:
        x: (T,) series.
        max_order: the largest order to try.

    Returns:
        (max_order,).
    """
    past, now = lagged(x, max_order)
    n = len(now)
    if n <= max_order + 1:
        raise ValueError(
            f"order_scores got {n} windows for up to {max_order + 1} coefficients: "
            "give a longer series or a smaller max_order."
        )
    scores = []
    for p in range(1, max_order + 1):
        design = np.column_stack([np.ones(n), past[:, :p]])
        residual = now - design @ np.linalg.lstsq(design, now, rcond=None)[0]
        scores.append(n * np.log(np.mean(residual**2)) + (p + 1) * np.log(n))
    return np.array(scores)


# Reading


def roots(phi: ArrayLike) -> np.ndarray:
    """Roots of z^p = phi_1 z^(p-1) + … + phi_p, the largest modulus first; all inside the unit
    circle means stationary.

    Returns:
        (p,) complex.
    """
    z = np.roots(np.concatenate([[1.0], -np.asarray(phi, dtype=float)])).astype(complex)
    return z[np.argsort(-np.abs(z), kind="stable")]


def period(phi: ArrayLike) -> float:
    """Length of the cycle of the largest complex pair of roots, in steps.

    Raises:
        ValueError: no root is complex, so that nothing cycles.
    """
    z = roots(phi)
    cycling = z[np.abs(z.imag) > 1e-9]
    if not cycling.size:
        raise ValueError("period: every root is real, so that this model has no cycle.")
    return float(2 * np.pi / abs(np.angle(cycling[0])))


def impulse_response(phi: ArrayLike, steps: int) -> np.ndarray:
    """What a shock of 1 leaves behind after 0, 1, …, `steps` - 1 steps: the psi weights.

    Returns:
        (steps,), beginning with 1.
    """
    weights = np.asarray(phi, dtype=float)
    psi = [1.0]
    for _ in range(steps - 1):
        latest = psi[: -len(weights) - 1 : -1]  # at most p of them, the latest first
        psi.append(float(weights[: len(latest)] @ latest))
    return np.array(psi[:steps])


def model_autocovariance(model: AR, lags: int) -> np.ndarray:
    """Autocovariances of a stationary model at lags 0 … `lags`.

    Returns:
        (lags + 1,).

    Raises:
        ValueError: a root is on or outside the unit circle.
    """
    largest = abs(roots(model.phi)[0])
    if largest >= 1:
        raise ValueError(
            f"model_autocovariance: the largest root has modulus {largest:.4g}; "
            "only a stationary model, with all of them below 1, has autocovariances."
        )
    p, phi = model.order, model.phi
    # gamma(k) - sum_j phi_j gamma(|k - j|) = variance where k = 0, else 0: p + 1 equations.
    system = np.eye(p + 1)
    for k in range(p + 1):
        for j in range(1, p + 1):
            system[k, abs(k - j)] -= phi[j - 1]
    gamma = list(np.linalg.solve(system, [model.variance] + [0.0] * p))
    while len(gamma) <= lags:
        gamma.append(float(phi @ gamma[: -p - 1 : -1]))
    return np.array(gamma[: lags + 1])


def spectrum(model: AR, frequency: ArrayLike) -> np.ndarray:
    """Power density at frequencies in cycles per step; its integral over -1/2 … 1/2 is gamma(0)."""
    f = np.asarray(frequency, dtype=float)
    lags = np.arange(1, model.order + 1)
    transfer = 1 - np.exp(-2j * np.pi * f[..., None] * lags) @ model.phi
    return np.asarray(model.variance / np.abs(transfer) ** 2)


# Rolling out


def forecast(model: AR, history: ArrayLike, steps: int) -> np.ndarray:
    """Predict `steps` values, feeding each prediction back as if it had been observed.

    Args:
        model: of order p.
        history: (…, n) values up to now, the latest last, n ≥ p; leading axes are many histories.
        steps: how far to go.

    Returns:
        (…, steps).

    Raises:
        ValueError: the history is shorter than p.
    """
    window = _window(model, history)  # (…, p), latest first
    path = []
    for _ in range(steps):
        nxt = model.const + window @ model.phi  # (…,)
        path.append(nxt)
        window = np.concatenate([nxt[..., None], window[..., :-1]], axis=-1)
    return np.stack(path, axis=-1)


def forecast_variance(model: AR, steps: int) -> np.ndarray:
    """Variance of the forecast error 1, 2, …, `steps` steps ahead, if the model is right.

    Returns:
        (steps,), never falling: variance × (psi_0² + … + psi_{k-1}²).
    """
    return np.asarray(model.variance * np.cumsum(impulse_response(model.phi, steps) ** 2))


def simulate(model: AR, history: ArrayLike, noise: ArrayLike) -> np.ndarray:
    """Possible futures: as `forecast`, with a shock added at every step.

    Args:
        model: of order p.
        history: (n,) values up to now, the latest last, n ≥ p.
        noise: (paths, steps) shocks, in the series' unit.

    Returns:
        (paths, steps).
    """
    shocks = np.asarray(noise, dtype=float)
    window = np.tile(_window(model, history), (len(shocks), 1))  # (paths, p)
    path = []
    for shock in shocks.T:
        nxt = model.const + window @ model.phi + shock
        path.append(nxt)
        window = np.concatenate([nxt[:, None], window[:, :-1]], axis=1)
    return np.stack(path, axis=1)


def _window(model: AR, history: ArrayLike) -> np.ndarray:
    """The last p values, the latest first, (…, p)."""
    past = np.asarray(history, dtype=float)
    if past.ndim == 0 or past.shape[-1] < model.order:
        raise ValueError(
            f"The history has shape {past.shape}, but a model of order {model.order} needs "
            f"its last {model.order} values: give a longer history."
        )
    return np.flip(past[..., past.shape[-1] - model.order :], axis=-1)
