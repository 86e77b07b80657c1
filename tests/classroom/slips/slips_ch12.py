"""What students write for the variations of chapter 12, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_NATS = "def ctc_nats(log_p, label):\n"
_CTC = """\
    places = [k for symbol in label for k in (0, symbol)] + [0]
    alpha = np.full(len(places) + 2, -np.inf)
    alpha[1] = 0
    for row in log_p:
        new = np.full_like(alpha, -np.inf)
        for s, k in enumerate(places, 2):
            came = np.logaddexp(alpha[s], alpha[s - 1])
            if k != 0 and (s == 3 or k != places[s - 4]):
                came = np.logaddexp(came, alpha[s - 2])
            new[s] = row[k] + came
        alpha = new
    return -np.logaddexp(alpha[-1], alpha[-2])
"""
_AGAIN = (
    _CTC.replace("alpha[1] = 0", "alpha[1], total = 0, -np.inf")
    .replace("alpha = new\n", "alpha = new\n        total = np.logaddexp(total, alpha[-2])\n")
    .replace("-np.logaddexp(alpha[-1], alpha[-2])", "-total")
)


def _copied(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _NATS, _NATS + _CTC, says)


_BEAM = """\
    new = defaultdict(lambda: [0.0, 0.0])
    for prefix, (in_blank, in_symbol) in beams.items():
        both = in_blank + in_symbol
        new[prefix][0] += both * p[0]
        for k in range(1, len(p)):
            if prefix and k == prefix[-1]:
                new[prefix][1] += in_symbol * p[k]
                new[prefix + (k,)][1] += in_blank * p[k]
            else:
                new[prefix + (k,)][1] += both * p[k]
    return {prefix: tuple(sums) for prefix, sums in new.items()}
"""


def _beam(header: str, says: str) -> Slip:
    """The book's solution, as it stands but for its header."""
    return Slip("copied", header, f"{header}    p = {header[18:-3]}\n{_BEAM}", says)


_SIGN = Slip("sign", "return -", "return ", r"logarithm itself")
_NO_SKIP = Slip("no skip", "k != places[s - 4]", "False", r"term from s - 2")
_TWINS = Slip("twins merge", "k != places[s - 4]", "True", r"blank between twins")
_BEGINS = Slip("begins with a blank", "s == 3 or", "s > 3 and", r"begin with the first symbol")
_ONE_BEST = Slip("the best path", "np.logaddexp(", "max(", r"likeliest path of this label alone")

_ALWAYS = Slip("no merging", "if prefix and k == prefix[-1]", "if False", r"no merging")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "ct-nats": {
        "blank-last": (
            _copied(r"takes 0 for the blank"),
            _SIGN,
            _NO_SKIP,
            _TWINS,
            _BEGINS,
            _ONE_BEST,
            Slip(
                "ends", "np.logaddexp(alpha[-1], alpha[-2])", "alpha[-2]", r"end in the last blank"
            ),
        ),
        "likeliest": (
            _copied(r"adds up all paths"),
            _NO_SKIP,
            _TWINS,
            Slip("any label", "-max(alpha[-1], alpha[-2])", "-log_p.max(1).sum()", r"must say the"),
            Slip("ends added", "-max(", "-np.logaddexp(", r"take the larger"),
            Slip("ends", "max(alpha[-1], alpha[-2])", "alpha[-1]", r"end in the last symbol"),
        ),
        "no-merging": (
            _copied(r"Here nothing does"),
            _SIGN,
            _ONE_BEST,
            Slip("in place", "alpha[u - 1] + row", "new[u - 1] + row", r"At most one symbol"),
            Slip("blanks for nothing", "new = alpha + row[0]", "new = alpha + 0", r"says a blank"),
        ),
        "no-blank": (
            _copied(r"Here is none"),
            _SIGN,
            _ONE_BEST,
            Slip("twins", "if u == 1 or k != label[u - 2]", "if True", r"keeps twins apart"),
            Slip(
                "says nothing",
                "    alpha[0] = 0",
                "    if not label:\n        return 0.0\n    alpha[0] = 0",
                r"At least one step",
            ),
        ),
        "begins-with": (
            _copied(r"anything may follow"),
            _SIGN,
            _NO_SKIP,
            _TWINS,
            _BEGINS,
            Slip("again", _NATS, _NATS + _AGAIN, r"counts once"),
        ),
    },
    "ct-prefix": {
        "logarithms": (
            _beam("def extend(beams, log_p):\n", r"a product is a sum"),
            _ALWAYS,
            Slip(
                "no logarithms",
                "1, in_symbol + log_p[k]",
                "1, in_symbol * np.exp(log_p[k])",
                r"sum",
            ),
            Slip("begins at 0", "[-np.inf, -np.inf]", "[0.0, 0.0]", r"began with 0"),
            Slip("largest", "np.logaddexp(", "max(", r"keeps the largest"),
            Slip("all part", "in_blank + log_p[k]", "both + log_p[k]", r"there it merges"),
        ),
        "likeliest": (
            _ALWAYS,
            _beam("def extend(beams, p):\n", r"adds paths up"),
            Slip("wiped", "max(new[prefix][end], value)", "value", r"wiped out"),
        ),
        "always-a-blank": (
            _beam("def extend(beams, p):\n", r"There another symbol"),
            Slip("no merging", "if prefix:", "if False:", r"Merging is missing"),
            Slip(
                "all merge",
                "+= in_symbol * p[p",
                "+= (in_blank + in_symbol) * p[p",
                r"All paths merge, also",
            ),
            Slip("wiped", "][1] += ", "][1] = ", r"wiped"),
        ),
        "bigrams": (
            Slip("copied", " * bigrams[last, k]", "", r"bigrams are not used"),
            Slip("merged, too", "in_symbol * p[k]", "in_symbol * grows", r"adds nothing"),
            Slip("turned", "bigrams[last, k]", "bigrams[k, last]", r"stands before"),
            Slip("no twins", "in_blank * grows", "in_blank * p[k]", r"its bigram is missing"),
        ),
        "no-merging": (
            _beam("def extend(beams, p):\n", r"cannot unpack"),
            Slip(
                "merged",
                "prefix + (k,)",
                "prefix if prefix[-1:] == (k,) else prefix + (k,)",
                r"Nothing merges: the same",
            ),
            Slip("wiped", "+= total * p[0]", "= total * p[0]", r"wiped"),
            Slip("no blank", "        new[prefix] += total * p[0]\n", "", r"say a blank now"),
        ),
    },
}

_FRONT = "to begin on the first blank, or in front of it, is the same"
_SHORT = "in front of the first symbol stands the last blank, and differs from it"
_LATTICE = {"3 → 4": _SHORT, "3 → 2": _SHORT}
EQUIVALENT = {
    "ct-nats": {
        "blank-last": _LATTICE | {"1 → 2 (3)": _FRONT},
        "likeliest": _LATTICE | {"1 → 2": _FRONT},
        "begins-with": {"0 → -1 (3)": "a blank equals the one two places before"},
    }
}

RIGHT_HERE = {
    "ct-nats": {"likeliest": {"the best path": "here it is asked for"}},
    "ct-prefix": {
        "always-a-blank": {"blank alone goes on": "here a blank stands between any two symbols"}
    },
}
