"""What learners write for the exercises of chapter 16, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _shift(
    *,
    rates: str = "base ** (-np.arange(0, d, 2) / d)",
    block: str = "[[c, s], [-s, c]]",
    angle: str = "k * rate",
) -> str:
    return (
        "def shift_matrix(k, d, base):\n    M = np.zeros((d, d))\n"
        f"    for i, rate in enumerate({rates}):\n"
        f"        c, s = np.cos({angle}), np.sin({angle})\n"
        f"        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = {block}\n    return M"
    )


def _sinusoids(
    *,
    places: str = "torch.arange(length)",
    exponent: str = "-torch.arange(0, width, 2) / width",
    even: str = "sin",
    odd: str = "cos",
    base: str = "base",
) -> str:
    return (
        "def sinusoidal_positions(length, width, base=10_000.0):\n"
        f"    angles = {places}[:, None] * {base} ** ({exponent})\n"
        "    table = torch.empty(length, width)\n"
        f"    table[:, 0::2], table[:, 1::2] = angles.{even}(), angles.{odd}()\n"
        "    return table"
    )


def _table(rows: str, guard: bool = True) -> str:
    refuse = (
        "    if seen + x.shape[1] > len(table):\n"
        "        raise IndexError('the table has no such row')\n"
        if guard
        else ""
    )
    return f"def add_places(x, table, seen):\n{refuse}    return x + {rows}"


_ANGLES = "places[:, None] * 10_000.0 ** (-torch.arange(0, d, 2) / d)"
_IN_PLACE = (
    "def rotary(x, places):\n    d = x.shape[-1]\n    {copy}"
    f"angles = {_ANGLES}\n    cos, sin = angles.cos(), angles.sin()\n"
    "    a, b = x[..., 0::2], x[..., 1::2]\n"
    "    x[..., 0::2] = a * cos - b * sin\n    x[..., 1::2] = a * sin + b * cos\n    return x"
)


def _rotary(
    *,
    angles: str = _ANGLES,
    even: str = "a * cos - b * sin",
    odd: str = "a * sin + b * cos",
    pairs: str = "x[..., 0::2], x[..., 1::2]",
    join: str = "torch.stack((first, second), -1).flatten(-2)",
) -> str:
    return (
        "def rotary(x, places):\n    d = x.shape[-1]\n"
        f"    angles = {angles}\n    cos, sin = angles.cos(), angles.sin()\n"
        f"    a, b = {pairs}\n    first, second = {even}, {odd}\n    return {join}"
    )


def _reach(back: str) -> str:
    return f"def reach(n, lead):\n    return [{back} for i in range(1, n + 1)]"


WRONG = {
    "po-shift": [
        Wrong("goes back", _shift(block="[[c, -s], [s, c]]"), r"k places back"),
        Wrong(
            "halves",
            "def shift_matrix(k, d, base):\n"
            "    angles = k * base ** (-np.arange(0, d, 2) / d)\n"
            "    c, s = np.diag(np.cos(angles)), np.diag(np.sin(angles))\n"
            "    return np.block([[c, s], [-s, c]])",
            r"take turns",
        ),
        Wrong("rate of i", _shift(rates="base ** (-np.arange(d // 2) / d)"), r"half as fast"),
        Wrong(
            "rate of 4i", _shift(rates="base ** (-2 * np.arange(0, d, 2) / d)"), r"twice as fast"
        ),
        Wrong("base fixed", _shift(rates="1e4 ** (-np.arange(0, d, 2) / d)"), r"base is given"),
        Wrong("one rate", _shift(angle="k"), r"each has its own"),
        Wrong("without k", _shift(angle="rate"), r"k is missing"),
        Wrong("rates grow", _shift(rates="base ** (np.arange(0, d, 2) / d)"), r"has a minus"),
    ],
    "po-sinusoids": [
        Wrong(
            "halves",
            "def sinusoidal_positions(length, width, base=10_000.0):\n"
            "    rates = base ** (-torch.arange(0, width, 2) / width)\n"
            "    angles = torch.arange(length)[:, None] * rates\n"
            "    return torch.cat([angles.sin(), angles.cos()], -1)",
            r"take turns",
        ),
        Wrong("cosine first", _sinusoids(even="cos", odd="sin"), r"even columns: sines"),
        Wrong("from 1", _sinusoids(places="torch.arange(1, length + 1)"), r"count from 0"),
        Wrong(
            "half the rate",
            _sinusoids(exponent="-torch.arange(width // 2) / width"),
            r"half as fast",
        ),
        Wrong(
            "twice the rate",
            _sinusoids(exponent="-2 * torch.arange(0, width, 2) / width"),
            r"twice as fast",
        ),
        Wrong(
            "a rate each",
            "def sinusoidal_positions(length, width, base=10_000.0):\n"
            "    rate = base ** (-torch.arange(width) / width)\n"
            "    angles = torch.arange(length)[:, None] * rate\n"
            "    return torch.where(torch.arange(width) % 2 == 1, angles.cos(), angles.sin())",
            r"of the pair, not of the column",
        ),
        Wrong("base fixed", _sinusoids(base="10_000.0"), r"not always 10,000"),
        Wrong("grows", _sinusoids(exponent="torch.arange(0, width, 2) / width"), r"has a minus"),
        Wrong(
            "2 i of the column",
            "def sinusoidal_positions(length, width, base=10_000.0):\n"
            "    rate = base ** (-2 * torch.arange(width) / width)\n"
            "    angles = torch.arange(length)[:, None] * rate\n"
            "    return torch.where(torch.arange(width) % 2 == 1, angles.cos(), angles.sin())",
            r"has the 2 twice",
        ),
        Wrong("turns", _sinusoids(places="2 * np.pi * torch.arange(length)"), r"2 π times"),
        Wrong("no width", _sinusoids(exponent="-torch.arange(0.0, width, 2)"), r"lacks the width"),
    ],
    "po-relative": [
        Wrong("sinusoids", "stays = (False, True, True, False, True, True)", r"three more terms"),
        Wrong("keys alone", "stays = (False, False, True, True, True, True)", r"query alone"),
        Wrong("none", "stays = (False, False, True, False, True, False)", r"knows a place"),
        Wrong("table", "stays = (True, False, True, False, True, True)", r"learnt alone"),
        Wrong("numbers", "stays = (0, 0, 1, 0, 1, 1)", r"Say True"),
        Wrong("five", "stays = (False, False, True, False, True)", r"six of True and False"),
    ],
    "po-table": [
        Wrong("as printed", _table("table[: x.shape[1]]", guard=False), r"first rows"),
        Wrong(
            "nothing refused", _table("table[seen : seen + x.shape[1]]", guard=False), r"shorter"
        ),
        Wrong(
            "last row again",
            "def add_places(x, table, seen):\n"
            "    at = torch.arange(seen, seen + x.shape[1]).clamp(max=len(table) - 1)\n"
            "    return x + table[at]",
            r"refuse it",
        ),
        Wrong(
            "another error",
            "def add_places(x, table, seen):\n"
            "    assert seen + x.shape[1] <= len(table)\n"
            "    return x + table[seen : seen + x.shape[1]]",
            r"raise IndexError",
        ),
        Wrong("one before", _table("table[max(seen - 1, 0):][: x.shape[1]]"), r"not one before"),
        Wrong("one row", _table("table[seen]"), r"a row for each"),
        Wrong(
            "refuses the last",
            "def add_places(x, table, seen):\n"
            "    if seen + x.shape[1] >= len(table):\n        raise IndexError('too long')\n"
            "    return x + table[seen : seen + x.shape[1]]",
            r"T = 6, seen = 0(.|\n)*last row is a place",
        ),
        Wrong(
            "one row late",
            "def add_places(x, table, seen):\n"
            "    if seen + x.shape[1] > len(table):\n        raise IndexError('too long')\n"
            "    return x + table[seen + 1 : seen + 1 + x.shape[1]]",
            r"count from 0",
        ),
        Wrong(
            "late at the end",
            "def add_places(x, table, seen):\n"
            "    if seen + x.shape[1] > len(table):\n        raise IndexError('too long')\n"
            "    return x + table[min(seen, 4) : seen + x.shape[1]]",
            r"T = 1, seen = 5(.|\n)*row",
        ),
        Wrong(
            "no row left",
            "def add_places(x, table, seen):\n"
            "    T = x.shape[1]\n"
            "    if seen + T > len(table):\n        raise IndexError('too long')\n"
            "    return x + (table[seen : seen + T] if T < 6 else table[1 : T + 1])",
            r"RuntimeError(.|\n)*last row is a place",
        ),
        Wrong(
            "returned",
            "def add_places(x, table, seen):\n"
            "    if seen + x.shape[1] > len(table):\n        return IndexError\n"
            "    return x + table[seen : seen + x.shape[1]]",
            r"do not return it",
        ),
        Wrong(
            "changes x",
            "def add_places(x, table, seen):\n"
            "    if seen + x.shape[1] > len(table):\n        raise IndexError('too long')\n"
            "    x += table[seen : seen + x.shape[1]]\n    return x",
            r"changes the input",
        ),
    ],
    "po-rotary": [
        Wrong(
            "backwards", _rotary(even="a * cos + b * sin", odd="b * cos - a * sin"), r"other way"
        ),
        Wrong(
            "halves",
            _rotary(
                pairs="x[..., : d // 2], x[..., d // 2 :]", join="torch.cat((first, second), -1)"
            ),
            r"two neighbours",
        ),
        Wrong("joined in halves", _rotary(join="torch.cat((first, second), -1)"), r"take turns"),
        Wrong(
            "rows counted",
            _rotary(
                angles="torch.arange(x.shape[-2])[:, None] * 10_000.0 ** "
                "(-torch.arange(0, d, 2) / d)"
            ),
            r"their places are given",
        ),
        Wrong("one rate", _rotary(angles="places[:, None] * torch.ones(d // 2)"), r"at one rate"),
        Wrong(
            "half the rate",
            _rotary(angles="places[:, None] * 10_000.0 ** (-torch.arange(d // 2) / d)"),
            r"half as fast",
        ),
        Wrong("added", _rotary(even="a + sin", odd="b + cos"), r"were added"),
        Wrong("both plus", _rotary(even="a * cos + b * sin"), r"one minus"),
        Wrong("no width", _rotary(angles=_ANGLES.replace(" / d", "")), r"lacks the width"),
        Wrong("twice", _rotary(angles=_ANGLES.replace("(-", "(-2 * ")), r"twice as fast"),
        Wrong("grows", _rotary(angles=_ANGLES.replace("(-", "(")), r"has a minus"),
        Wrong(
            "from the first",
            _rotary(angles="(places[0] + torch.arange(x.shape[-2]))" + _ANGLES[6:]),
            r"Only the first place",
        ),
        Wrong(
            "repeated",
            "def rotary(x, places):\n    d = x.shape[-1]\n"
            f"    angles = ({_ANGLES}).repeat(1, 2)\n"
            "    other = torch.stack((-x[..., 1::2], x[..., 0::2]), -1).flatten(-2)\n"
            "    return x * angles.cos() + other * angles.sin()",
            r"repeat_interleave",
        ),
        Wrong("overwritten", _IN_PLACE.format(copy="x = x.clone()\n    "), r"overwritten before"),
        Wrong(
            "changes x",
            _IN_PLACE.format(copy="").replace("x[..., 1::2]\n", "x[..., 1::2].clone()\n"),
            r"changes the input",
        ),
    ],
    "po-reach": [
        Wrong("slopes", _reach("2 ** (-8 * i / n)"), r"Those are the slopes"),
        Wrong("product", _reach("lead * 2 ** (-8 * i / n)"), r"lead over the slope"),
        Wrong(
            "from 0",
            "def reach(n, lead):\n    return [lead / 2 ** (-8 * i / n) for i in range(n)]",
            r"count heads from 1",
        ),
        Wrong("eight heads", _reach("lead * 2.0 ** i"), r"8 heads' slopes"),
        Wrong("turned round", _reach("lead / 2 ** (-8 * (n + 1 - i) / n)"), r"steepest slope"),
        Wrong("half-life", _reach("lead / 2 ** (-8 * i / n) / np.log(2)"), r"without a factor"),
        Wrong("whole", _reach("int(lead * 2 ** (8 * i / n))"), r"Do not round"),
        Wrong("rounded up", _reach("-int(-lead * 2 ** (8 * i / n) // 1)"), r"Do not round"),
        Wrong("a number", "def reach(n, lead):\n    return lead * 256.0", r"one distance for each"),
    ],
}
