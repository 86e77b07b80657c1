"""Checkers of chapter 2, Autoregression."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from seqcourse.data import sunspots
from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, misshapen, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("ar-next")
class Next:
    """The best guess for the next value under an AR model."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [
            {"x": rng.normal(10, 5, 9), "const": rng.uniform(1, 3), "phi": rng.uniform(0.2, 0.9, p)}
            for p in (2, 1, 3)
        ]
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(case["x"].copy(), case["const"], case["phi"]) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            x, const, phi = case["x"], case["const"], case["phi"]
            p = len(phi)
            right = const + phi @ x[::-1][:p]
            slips = {
                "phi meets the years the wrong way round: phi[0] belongs to x[-1].": const
                + phi @ x[-p:],
                "The constant is missing.": right - const,
                "That looks one year too far back: the latest value is x[-1].": const
                + phi @ x[-p - 1 : -1][::-1],
                "That uses the first years; the guess is for the year after the last.": const
                + phi @ x[:p],
                "That adds the constant once for every lag.": right + (p - 1) * const,
            }
            look = slip(given, slips) or "Constant, plus phi[0] x[-1], plus phi[1] x[-2], …"
            yield close(f"the guess with {p} lag{'s' * (p > 1)}", given, right, look=look)


@exercise(
    "ar-by-hand",
    forbid=(
        "numpy.linalg.solve",
        "numpy.linalg.inv",
        "numpy.linalg.lstsq",
        "numpy.linalg.pinv",
        "torch.linalg.solve",
    ),
)
class ByHand(Called):
    """phi_1, phi_2 and the noise variance from three autocovariances, without a solver."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [[1382.2, 1114.4, 591.73]]  # 1770-1869, as Brockwell and Davis print them
        for _ in range(3):
            first, second = rng.uniform(-0.8, 0.8, 2)  # partial correlations: any pair is possible
            rho = second * (1 - first**2) + first**2
            cases.append((rng.uniform(1, 50) * np.array([1, first, rho])).tolist())
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (g0, g1, g2), given in zip(inputs["cases"], outputs, strict=True):
            below = g0**2 - g1**2
            phi1, phi2 = g1 * (g0 - g2) / below, (g0 * g2 - g1**2) / below
            variance = g0 - phi1 * g1 - phi2 * g2
            case = f"for γ = {g0:.5g}, {g1:.5g}, {g2:.5g}"
            text = "three numbers: phi1, phi2, variance"
            if lost := misshapen(given, 3, text, f"the form of the answer {case}"):
                yield lost
                return
            for name, mine, right, slips in (
                (
                    "phi1",
                    given[0],
                    phi1,
                    {
                        "That is γ₁/γ₀, the coefficient of an AR(1). Write the equations of k = 1 "
                        "and k = 2 for p = 2: both hold both unknowns.": g1 / g0,
                        "That is phi2: the order is phi1, phi2, variance.": phi2,
                    },
                ),
                (
                    "phi2",
                    given[1],
                    phi2,
                    {
                        "That is the correlation γ₂/γ₀: it also holds what goes by way of γ₁.": g2
                        / g0
                    },
                ),
                (
                    "variance",
                    given[2],
                    variance,
                    {
                        "That is the variance of an AR(1): use your φ₁ and φ₂.": g0 - g1**2 / g0,
                        "Only φ₁γ₁ is taken off γ₀: φ₂γ₂ has to go too.": g0 - phi1 * g1,
                        "That is γ₀, the series' variance: take off what the past explains.": g0,
                        "The signs: σ² = γ₀ − φ₁γ₁ − φ₂γ₂.": g0 + phi1 * g1 + phi2 * g2,
                        "That is σ: the exercise asks for σ².": variance**0.5,
                    },
                ),
            ):
                look = slip(mine, {**slips, "The sign is wrong.": -right})
                look = look or "Put your numbers back into the equations: which one fails?"
                yield close(f"{name} {case}", mine, right, look=look)


@exercise("ar-stable")
class Stable:
    """Whether an AR model is stationary."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        phis = [
            [0.5],
            [1.0],
            [-1.2],
            [0.7, 0.5],
            [-0.5, 0.6],
            [1.5, -0.8],
            [0.0, -1.0],
            [-0.9, -0.7],
        ]
        phis += [_coefficients(rng.uniform(-0.9, 0.9, p)).tolist() for p in (1, 2, 3, 5)]
        phis += [(-_coefficients(rng.uniform(-0.9, 0.9, p - 1), 1.3)).tolist() for p in (3, 4)]
        return {"phis": phis}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(np.array(phi)) for phi in inputs["phis"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        right = [bool(_largest(phi) < 1 - 1e-9) for phi in inputs["phis"]]
        roots = "Test the roots of z^p − φ₁z^(p−1) − … − φ_p, not the coefficients."
        no_sum = f"No test on the coefficients' sum is enough. {roots}"

        def all_say(says: Callable[[np.ndarray], bool | np.bool_]) -> list[bool]:
            return [bool(says(np.asarray(phi))) for phi in inputs["phis"]]

        slips = [
            (
                f"That every coefficient is below 1 neither suffices nor is needed. {roots}",
                all_say(lambda phi: np.all(np.abs(phi) < 1)),
            ),
            (no_sum, all_say(lambda phi: np.sum(phi) < 1)),
            (no_sum, all_say(lambda phi: abs(np.sum(phi)) < 1)),
            (
                f"That the moduli sum to less than 1 suffices, but is not needed. {roots}",
                all_say(lambda phi: np.abs(phi).sum() < 1),
            ),
            ("The other way round: inside the unit circle is stationary.", [not r for r in right]),
            (
                "The polynomial is z^p − φ₁z^(p−1) − …: the coefficients change their sign.",
                all_say(lambda phi: _largest(-phi) < 1 - 1e-9),
            ),
            (
                "A root on the circle is not inside: its shocks never fade.",
                all_say(lambda phi: _largest(phi) < 1 + 1e-6),
            ),
            (
                "You look at the smallest root: all of them must lie inside.",
                all_say(lambda phi: np.abs(np.roots([1, *-phi])).min() < 1 - 1e-9),
            ),
        ]
        look = next((text for text, answers in slips if list(outputs) == answers), "")
        for phi, truth, given in zip(inputs["phis"], right, outputs, strict=True):
            text = ", ".join(f"{value:.3g}" for value in phi)
            why = f"The largest root has modulus {_largest(phi):.3f}."
            yield holds(
                f"φ = ({text})",
                isinstance(given, bool) and given == truth,
                given=given if isinstance(given, bool) else f"{given!r:.60}, not True or False",
                expected=truth,
                look=f"{why} {look}".strip(),
            )


@exercise("ar-horizon")
class Horizon:
    """The root mean square error of AR(2) forecasts made k steps ahead."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        x = 20 + rng.normal(size=60).cumsum() + 5 * np.sin(np.arange(60) / 2)
        return {
            "x": x,
            "first": 45,
            "const": 4.0,
            "phi": np.array([1.3, -0.5]),
            "ks": [1, 2, 5, 20],
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        names = ("x", "first", "const", "phi")
        return [answer(*(_own(inputs[name]) for name in names), k) for k in inputs["ks"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        x, first, const, phi = (inputs[name] for name in ("x", "first", "const", "phi"))

        def guesses(
            k: int, start: int = first, shift: int = 0, phi: np.ndarray = phi, lost: bool = False
        ) -> np.ndarray:
            times = np.arange(start, len(x))
            latest, before = x[times - k + shift], x[times - k - 1 + shift]
            for _ in range(k):
                step = const + phi[0] * latest + phi[1] * before
                latest, before = step, step if lost else latest
            return np.asarray(latest)

        def one_step(k: int) -> float:
            times = np.arange(first, len(x))
            guess = const + phi[0] * x[times - k] + phi[1] * x[times - k - 1]
            return float(np.sqrt(np.mean((x[first:] - guess) ** 2)))

        def off(k: int, **slip: Any) -> float:
            return float(np.sqrt(np.mean((x[first:] - guesses(k, **slip)) ** 2)))

        def error(k: int, start: int = first) -> float:
            return float(np.sqrt(np.mean((x[start:] - guesses(k, start)) ** 2)))

        path = [x[first - 2], x[first - 1]]
        for _ in range(first, len(x)):
            path.append(const + phi[0] * path[-1] + phi[1] * path[-2])
        one_origin = float(np.sqrt(np.mean((x[first:] - path[2:]) ** 2)))
        for k, given in zip(inputs["ks"], outputs, strict=True):
            gaps = x[first:] - guesses(k)
            slips = {
                "That is the mean square: take its root.": error(k) ** 2,
                "That is the mean absolute error: square, average, take the root.": float(
                    np.mean(np.abs(gaps))
                ),
                "That is the error's standard deviation: it hides a forecast that is off on "
                "average. Do not subtract the mean.": float(np.std(gaps)),
                "That is the one-step error: start at x[t - k], step k times, and feed guesses "
                "back.": error(1),
                "That looks one step too far ahead.": error(k + 1),
                "Your forecasts start at x[t - k + 1], a year that was not known, and take k - 1 "
                "steps.": error(k - 1),
                "You start at x[t - k], but take one step: take k.": one_step(k),
                "All your forecasts start in the same year: each target needs its own start, k "
                "years before it.": one_origin,
                "The targets start one too late: x[first] belongs to them.": error(k, first + 1),
                "Your forecasts start one year too late, at a year that was not known: the last "
                "known one is x[t - k].": off(k, shift=1),
                "Your forecasts start one year too early: the last known one is x[t - k].": off(
                    k, shift=-1
                ),
                "phi is the wrong way round: phi[0] belongs to the latest year.": off(
                    k, phi=phi[::-1]
                ),
                "The year before is lost: keep the latest one before you overwrite it.": off(
                    k, lost=True
                ),
            }
            if k == 1:  # there it is right
                slips = {t: slip for t, slip in slips.items() if not np.isclose(slip, error(1))}
            look = slip(given, slips) or "Take one target t and follow it by hand from x[t - k]."
            yield close(f"the error {k} step{'s' * (k > 1)} ahead", given, error(k), look=look)


@exercise("ar-shuffle")
class Shuffle(Predicted):
    """What is left for an AR(2) when the years are shuffled: phi_1 and the relative error."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        number = sunspots().number
        return {"shuffled": np.array([rng.permutation(number) for _ in range(50)])}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        from seqcourse.models.ar import least_squares

        if lost := misshapen(outputs, 2, "two numbers: (phi_1, error / standard deviation)"):
            yield lost
            return
        fits = [least_squares(x, 2) for x in inputs["shuffled"]]
        phi = float(np.mean([fit.phi[0] for fit in fits]))
        scale = float(inputs["shuffled"][0].std())
        ratio = float(np.mean([fit.variance**0.5 for fit in fits])) / scale
        for name, given, right, look in (
            (
                "phi_1",
                outputs[0],
                phi,
                "A shuffle puts strangers side by side. What can last year say of a stranger?",
            ),
            (
                "the error, in standard deviations",
                outputs[1],
                ratio,
                "With nothing learnt from the past, the model can only say the mean. How far is a "
                "year from the mean, typically?",
            ),
        ):
            finding = close(name, given, right, look=look, rtol=0, atol=0.2)
            text = "another number (0.2 off would do)"  # the exercise is to predict it
            yield finding if finding.ok else Finding(name, False, finding.given, text, look)


@exercise("ar-leak")
class Leak:
    """A split by time: all training windows before all test windows."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        # Waves, so that sorting the values does not sort the years; each value is there once.
        cases = [(30, 3, 0.7), (41, 2, 0.5), (25, 5, 0.83)]
        waves = [10 * np.sin(np.arange(n) / 2) + rng.normal(size=n) for n, _, _ in cases]
        return {"cases": [[x, p, share] for x, (_, p, share) in zip(waves, cases, strict=True)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(x.copy(), p, share) for x, p, share in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        from seqcourse.data import lagged

        for (x, p, share), given in zip(inputs["cases"], outputs, strict=True):
            past, now = lagged(x, p)
            cut = int(share * len(now))
            case = f"with {len(x)} years, p={p}, share={share}"
            form = "(past, now), (past, now): two pairs of arrays"
            (train_past, train_now), (test_past, test_now) = given
            parts = [train_past, train_now, test_past, test_now]
            if any(not isinstance(part, np.ndarray) or part.size == 0 for part in parts):
                yield holds(f"the form {case}", False, given=given, expected=form)
                return
            trained, tested = _places(x, train_now), _places(x, test_now)
            reversed_ = trained.min() > tested.max()
            yield holds(
                f"no training year after a test year, {case}",
                trained.max() < tested.min(),
                given=f"trained up to year {trained.max()}, tested from {tested.min()}",
                expected="training to end before testing begins",
                look="You train on the end and test on the beginning: the wrong way round."
                if reversed_
                else "Leave the windows in the order of time and cut once; sorting the parts of a "
                "shuffle does not help.",
            )
            both = len(train_now) + len(test_now)
            yield holds(
                f"every window used once, {case}",
                both == len(now),
                given=f"{len(train_now)} + {len(test_now)} windows",
                expected=f"{cut} + {len(now) - cut} windows",
                look="Some windows are lost: test on all that follow the cut."
                if both < len(now)
                else "Some windows are in both parts: both are cut at the same place.",
            )
            yield holds(
                f"the share, {case}",
                len(train_now) == cut,
                given=f"{len(train_now)} windows to train on",
                expected=f"{cut}, that is {share} of {len(now)}, rounded down",
                look={
                    round(share * len(now)): "Round down, as int() does.",
                    int(share * len(x)): "The share is one of windows, len(now), not of years, "
                    "len(x).",
                    len(now) - cut: "That is the rest: the first part is for training.",
                }.get(len(train_now), "The share is one of windows: int(share * len(now))."),
            )
            for name, mine, right in (
                ("training pasts", train_past, past[:cut]),
                ("training targets", train_now, now[:cut]),
                ("test pasts", test_past, past[cut:]),
                ("test targets", test_now, now[cut:]),
            ):
                look = (
                    "Each past must keep its target: leave past and now in the order of time, and "
                    "cut both at the same place."
                )
                yield close(f"the {name}, {case}", mine, right, look=look)


def _own(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _largest(phi: Any) -> float:
    """The largest modulus of a root."""
    return float(np.abs(np.roots(np.concatenate([[1.0], -np.asarray(phi, dtype=float)]))).max())


def _coefficients(partial: np.ndarray, last: float | None = None) -> np.ndarray:
    """Coefficients from partial correlations: stationary if all lie in (-1, 1), else not."""
    phi = np.array([])
    for value in [*partial, *([] if last is None else [last])]:
        phi = np.append(phi - value * phi[::-1], value)
    return phi


def _places(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where in x each of the values stands."""
    return np.asarray(np.abs(x - np.ravel(values)[:, None]).argmin(1))
