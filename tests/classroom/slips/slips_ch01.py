"""What students write for the variations of chapter 1, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_SUM = Slip("the sum", " / lengths[:, None]", "", r"divide by the lengths")
_PADDED = Slip(
    "padding too",
    "np.where(mask[..., None], values, 0.0)",
    "values",
    r"padding and all|NaN|lengths\[b\]",
)
_LEFT = Slip("what is left", "return 1 - ", "return ", r"share \*removed\*")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "sd-mask": {
        "padding-in-front": (
            _SUM,
            _PADDED,
            Slip("published", ">= T - lengths", "< lengths", r"stands in front"),
            Slip(
                "one too many",
                ">= T - lengths[:, None]",
                ">= T - lengths[:, None] - 1",
                r"last lengths\[b\]|NaN|along",
            ),
        ),
        "gaps": (
            Slip(
                "polarity",
                "missing[..., None], 0.0, values",
                "missing[..., None], values, 0.0",
                r"missing here|is False",
            ),
            Slip("divided by T", "(~missing).sum(axis=1)[:, None]", "values.shape[1]", r"by T"),
            Slip("the sum", " / (~missing).sum(axis=1)[:, None]", "", r"That is the sum"),
        ),
        "time-first": (
            _SUM,
            Slip("divided by T", "/ lengths[:, None]", "/ len(values)", r"length T"),
            Slip("over the sequences", "axis=0", "axis=1", r"axis|shape|steps"),
            Slip(
                "one mean",
                "kept.sum(axis=0) / lengths[:, None]",
                "kept.sum(axis=(0, 1)) / lengths.sum() + np.zeros((len(lengths), 1))",
                r"each sequence has its own",
            ),
        ),
        "largest": (
            Slip("zeros", "-np.inf", "0.0", r"minus infinity"),
            Slip(
                "the mean",
                "np.where(mask[..., None], values, -np.inf).max(axis=1)",
                "np.where(mask[..., None], values, 0).sum(axis=1) / lengths[:, None]",
                r"Here it is the largest",
            ),
            Slip(
                "one for all",
                ".max(axis=1)",
                ".max(axis=(0, 1)) + np.zeros((len(lengths), 1))",
                r"each sequence has its own",
            ),
            Slip(
                "padding too",
                "np.where(mask[..., None], values, -np.inf)",
                "values",
                r"padding and all|what is padded",
            ),
        ),
        "whole-batch": (
            Slip(
                "mean of means",
                "values[mask].mean(axis=0)",
                "np.mean([v[:n].mean(axis=0) for v, n in zip(values, lengths)], axis=0)",
                r"counts the same",
            ),
            Slip(
                "each",
                "values[mask].mean(axis=0)",
                "np.array([v[:n].mean(axis=0) for v, n in zip(values, lengths)])",
                r"one for the whole batch",
            ),
            Slip(
                "padding too",
                "values[mask].mean(axis=0)",
                "values.mean(axis=(0, 1))",
                r"padding and all|all real steps",
            ),
        ),
    },
    "sd-skill": {
        "absolute": (
            _LEFT,
            Slip("squares", "np.abs(", "np.square(", r"\*squared\* error"),
            Slip("upside down", "own / same", "same / own", r"upside down"),
            Slip("all days", "    own", "    first = 1\n    own", r"from `first` on"),
        ),
        "ratio": (
            Slip("the share", "np.sqrt(own / same)", "1 - own / same", r"ratio itself"),
            Slip("no roots", "np.sqrt(own / same)", "own / same", r"take the roots"),
            Slip("upside down", "own / same", "same / own", r"upside down"),
            Slip("all days", "    own", "    first = 1\n    own", r"from `first` on"),
        ),
        "week": (
            _LEFT,
            Slip("yesterday", "first - 7 : -7", "first - 1 : -1", r"day before"),
            Slip("six days", "first - 7 : -7", "first - 6 : -6", r"six"),
            Slip("upside down", "own / week", "week / own", r"upside down"),
        ),
        "day-made": (
            _LEFT,
            Slip("published", "guess[first - 1 : -1]", "guess[first:]", r"\*on\* day t"),
            Slip("upside down", "own / same", "same / own", r"upside down"),
            Slip("a day late", "    own", "    first = first + 1\n    own", r"first target"),
        ),
        "mean-so-far": (
            _LEFT,
            Slip("the day itself", "so_far[first - 1 : -1]", "so_far[first:]", r"not know x\[t\]"),
            Slip("all of x", "so_far[first - 1 : -1]", "x.mean()", r"the future"),
            Slip("before first", "so_far[first - 1 : -1]", "x[:first].mean()", r"just those"),
        ),
    },
}
