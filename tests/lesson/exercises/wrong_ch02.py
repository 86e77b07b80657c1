"""What learners write for the exercises of chapter 2, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

WRONG = {
    "ar-next": [
        Wrong(
            "lags the wrong way round",
            "def predict_next(x, const, phi):\n    return const + phi @ x[-len(phi):]",
            r"wrong way round",
        ),
        Wrong(
            "no constant",
            "def predict_next(x, const, phi):\n    return phi @ x[::-1][:len(phi)]",
            r"constant is missing",
        ),
        Wrong(
            "one year too far back",
            "def predict_next(x, const, phi):\n"
            "    return const + sum(phi[j] * x[-2 - j] for j in range(len(phi)))",
            r"one year too far back",
        ),
        Wrong(
            "the first years",
            "def predict_next(x, const, phi):\n    return const + phi @ x[:len(phi)]",
            r"first years",
        ),
        Wrong(
            "the constant once a lag",
            "def predict_next(x, const, phi):\n"
            "    return sum(const + f * v for f, v in zip(phi, x[::-1]))",
            r"once for every lag",
        ),
        Wrong(
            "two lags only",
            "def predict_next(x, const, phi):\n    return const + phi[0] * x[-1] + phi[1] * x[-2]",
            r"IndexError",
        ),
    ],
    "ar-by-hand": [
        Wrong(
            "the variance of an AR(1)",
            "def fit_by_hand(g0, g1, g2):\n"
            "    d = g0**2 - g1**2\n"
            "    a, b = g1 * (g0 - g2) / d, (g0 * g2 - g1**2) / d\n"
            "    return a, b, g0 - g1**2 / g0",
            r"use your φ₁ and φ₂",
        ),
        Wrong(
            "correlations as coefficients",
            "def fit_by_hand(g0, g1, g2):\n    return g1 / g0, g2 / g0, g0 - g1**2 / g0",
            r"γ₁/γ₀.*AR\(1\).*both unknowns",
        ),
        Wrong(
            "half of the variance's equation",
            "def fit_by_hand(g0, g1, g2):\n    d = g0**2 - g1**2\n"
            "    a, b = g1 * (g0 - g2) / d, (g0 * g2 - g1**2) / d\n    return a, b, g0 - a * g1",
            r"φ₂γ₂ has to go too",
        ),
        Wrong(
            "phi2 with the wrong sign",
            "def fit_by_hand(g0, g1, g2):\n    d = g0**2 - g1**2\n"
            "    a, b = g1 * (g0 - g2) / d, (g1**2 - g0 * g2) / d\n"
            "    return a, b, g0 - a * g1 - b * g2",
            r"phi2[\s\S]*sign is wrong",
        ),
        Wrong(
            "sigma for its square",
            "def fit_by_hand(g0, g1, g2):\n    d = g0**2 - g1**2\n"
            "    a, b = g1 * (g0 - g2) / d, (g0 * g2 - g1**2) / d\n"
            "    return a, b, (g0 - a * g1 - b * g2) ** 0.5",
            r"asks for σ²",
        ),
        Wrong(
            "a solver",
            "def fit_by_hand(g0, g1, g2):\n"
            "    a, b = np.linalg.solve([[g0, g1], [g1, g0]], [g1, g2])\n"
            "    return a, b, g0 - a * g1 - b * g2",
            r"numpy.linalg.solve",
        ),
        Wrong(
            "no variance",
            "def fit_by_hand(g0, g1, g2):\n    d = g0**2 - g1**2\n"
            "    return g1 * (g0 - g2) / d, (g0 * g2 - g1**2) / d",
            r"three numbers",
        ),
    ],
    "ar-stable": [
        Wrong(
            "the modulus of the sum",
            "def is_stationary(phi):\n    return bool(abs(np.sum(phi)) < 1)",
            r"sum is enough.*roots",
        ),
        Wrong(
            "each coefficient below 1",
            "def is_stationary(phi):\n    return bool(np.all(np.abs(phi) < 1))",
            r"every coefficient is below 1.*roots",
        ),
        Wrong(
            "sum below 1",
            "def is_stationary(phi):\n    return bool(np.sum(phi) < 1)",
            r"sum is enough.*roots",
        ),
        Wrong(
            "moduli sum below 1",
            "def is_stationary(phi):\n    return bool(np.sum(np.abs(phi)) < 1)",
            r"suffices, but is not needed.*roots",
        ),
        Wrong(
            "outside the circle",
            "def is_stationary(phi):\n"
            "    return bool(np.abs(np.roots([1, *-phi])).max() >= 1 - 1e-9)",
            r"other way round",
        ),
        Wrong(
            "signs of the polynomial",
            "def is_stationary(phi):\n"
            "    return bool(np.abs(np.roots([1, *phi])).max() < 1 - 1e-9)",
            r"change their sign",
        ),
        Wrong(
            "on the circle counts as inside",
            "def is_stationary(phi):\n"
            "    return bool(np.abs(np.roots([1, *-phi])).max() < 1 + 1e-6)",
            r"on the circle is not inside",
        ),
        Wrong(
            "one root only",
            "def is_stationary(phi):\n"
            "    return bool(np.abs(np.roots([1, *-phi])).min() < 1 - 1e-9)",
            r"smallest root: all of them",
        ),
    ],
    "ar-horizon": [
        Wrong(
            "one step from the right start",
            "def horizon_error(x, first, const, phi, k):\n"
            "    t = np.arange(first, len(x))\n"
            "    guess = const + phi[0] * x[t - k] + phi[1] * x[t - k - 1]\n"
            "    return np.sqrt(np.mean((x[t] - guess) ** 2))",
            r"one step: take k",
        ),
        Wrong(
            "starts a year late",
            "def horizon_error(x, first, const, phi, k):\n"
            "    squares = []\n"
            "    for t in range(first, len(x)):\n"
            "        latest, before = x[t - k + 1], x[t - k]\n"
            "        for _ in range(k):\n"
            "            latest, before = const + phi[0] * latest + phi[1] * before, latest\n"
            "        squares.append((x[t] - latest) ** 2)\n"
            "    return np.sqrt(np.mean(squares))",
            r"one year too late",
        ),
        Wrong(
            "starts a year early",
            "def horizon_error(x, first, const, phi, k):\n"
            "    squares = []\n"
            "    for t in range(first, len(x)):\n"
            "        latest, before = x[t - k - 1], x[t - k - 2]\n"
            "        for _ in range(k):\n"
            "            latest, before = const + phi[0] * latest + phi[1] * before, latest\n"
            "        squares.append((x[t] - latest) ** 2)\n"
            "    return np.sqrt(np.mean(squares))",
            r"one year too early",
        ),
        Wrong(
            "phi swapped",
            "def horizon_error(x, first, const, phi, k):\n"
            "    squares = []\n"
            "    for t in range(first, len(x)):\n"
            "        latest, before = x[t - k], x[t - k - 1]\n"
            "        for _ in range(k):\n"
            "            latest, before = const + phi[1] * latest + phi[0] * before, latest\n"
            "        squares.append((x[t] - latest) ** 2)\n"
            "    return np.sqrt(np.mean(squares))",
            r"wrong way round",
        ),
        Wrong(
            "overwritten",
            "def horizon_error(x, first, const, phi, k):\n"
            "    squares = []\n"
            "    for t in range(first, len(x)):\n"
            "        latest, before = x[t - k], x[t - k - 1]\n"
            "        for _ in range(k):\n"
            "            latest = const + phi[0] * latest + phi[1] * before\n"
            "            before = latest\n"
            "        squares.append((x[t] - latest) ** 2)\n"
            "    return np.sqrt(np.mean(squares))",
            r"is lost",
        ),
        Wrong(
            "one step, with the observed years between",
            "def horizon_error(x, first, const, phi, k):\n"
            "    guess = const + phi[0] * x[first - 1 : -1] + phi[1] * x[first - 2 : -2]\n"
            "    return np.sqrt(np.mean((x[first:] - guess) ** 2))",
            r"one-step error.*feed guesses back",
        ),
        Wrong(
            "no root",
            "def horizon_error(x, first, const, phi, k):\n"
            "    out = []\n"
            "    for t in range(first, len(x)):\n"
            "        a, b = x[t - k], x[t - k - 1]\n"
            "        for _ in range(k):\n"
            "            a, b = const + phi[0] * a + phi[1] * b, a\n"
            "        out.append((x[t] - a) ** 2)\n"
            "    return np.mean(out)",
            r"take its root",
        ),
        Wrong(
            "the standard deviation of the error",
            "def horizon_error(x, first, const, phi, k):\n"
            "    out = []\n"
            "    for t in range(first, len(x)):\n"
            "        a, b = x[t - k], x[t - k - 1]\n"
            "        for _ in range(k):\n"
            "            a, b = const + phi[0] * a + phi[1] * b, a\n"
            "        out.append(x[t] - a)\n"
            "    return np.std(out)",
            r"standard deviation",
        ),
        Wrong(
            "one year known too many",
            "def horizon_error(x, first, const, phi, k):\n"
            "    out = []\n"
            "    for t in range(first, len(x)):\n"
            "        a, b = x[t - k + 1], x[t - k]\n"
            "        for _ in range(k - 1):\n"
            "            a, b = const + phi[0] * a + phi[1] * b, a\n"
            "        out.append((x[t] - a) ** 2)\n"
            "    return np.mean(out) ** 0.5",
            r"not known.*k - 1",
        ),
        Wrong(
            "all from one origin",
            "def horizon_error(x, first, const, phi, k):\n"
            "    a, b, out = x[first - 1], x[first - 2], []\n"
            "    for t in range(first, len(x)):\n"
            "        a, b = const + phi[0] * a + phi[1] * b, a\n"
            "        out.append((x[t] - a) ** 2)\n"
            "    return np.mean(out) ** 0.5",
            r"start in the same year",
        ),
    ],
    "ar-shuffle": [
        Wrong("nothing changes", "after_shuffle = (1.35, 0.4)", r"stranger"),
        Wrong("perfect fit", "after_shuffle = (0.0, 0.0)", r"can only say the mean"),
        Wrong("turned round", "after_shuffle = (-1.0, 1.0)", r"stranger"),
        Wrong("worse than the mean", "after_shuffle = (0.0, 2.0)", r"How far is a year"),
        Wrong("the other way round", "after_shuffle = (1.0, 0.0)", r"stranger"),
        Wrong("one number", "after_shuffle = (0.0,)", r"two numbers"),
    ],
    "ar-leak": [
        Wrong(
            "the parts exchanged in size",
            "def split_by_time(x, p, share):\n"
            "    past, now = lagged(x, p)\n"
            "    cut = len(now) - int(share * len(now))\n"
            "    return (past[:cut], now[:cut]), (past[cut:], now[cut:])",
            r"That is the rest",
        ),
        Wrong(
            "values sorted, not years",
            "def split_by_time(x, p, share):\n"
            "    past, now = lagged(np.sort(x), p)\n"
            "    cut = int(share * len(now))\n"
            "    return (past[:cut], now[:cut]), (past[cut:], now[cut:])",
            r"order of time",
        ),
        Wrong(
            "rounded",
            "def split_by_time(x, p, share):\n"
            "    past, now = lagged(x, p)\n"
            "    cut = round(share * len(now))\n"
            "    return (past[:cut], now[:cut]), (past[cut:], now[cut:])",
            r"Round down",
        ),
        Wrong(
            "the colleague's own",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    order = np.random.default_rng(0).permutation(len(now))\n"
            "    cut = int(share * len(now))\n    train, test = order[:cut], order[cut:]\n"
            "    return (past[train], now[train]), (past[test], now[test])",
            r"trained up to year",
        ),
        Wrong(
            "sorted after the shuffle",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    order = np.random.default_rng(0).permutation(len(now))\n"
            "    cut = int(share * len(now))\n"
            "    train, test = np.sort(order[:cut]), np.sort(order[cut:])\n"
            "    return (past[train], now[train]), (past[test], now[test])",
            r"sorting the parts",
        ),
        Wrong(
            "trained on the end",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    cut = len(now) - int(share * len(now))\n"
            "    return (past[cut:], now[cut:]), (past[:cut], now[:cut])",
            r"wrong way round",
        ),
        Wrong(
            "a gap of p windows",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    cut = int(share * len(now))\n"
            "    return (past[:cut], now[:cut]), (past[cut + p:], now[cut + p:])",
            r"windows are lost",
        ),
        Wrong(
            "a share of the years",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    cut = int(share * len(x))\n"
            "    return (past[:cut], now[:cut]), (past[cut:], now[cut:])",
            r"not of years",
        ),
        Wrong(
            "pasts left in the shuffled order",
            "def split_by_time(x, p, share):\n    past, now = lagged(x, p)\n"
            "    past = np.random.default_rng(0).permutation(past)\n"
            "    cut = int(share * len(now))\n"
            "    return (past[:cut], now[:cut]), (past[cut:], now[cut:])",
            r"in the order of time",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
