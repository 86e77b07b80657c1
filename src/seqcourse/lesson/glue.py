"""Give a value a name, so that the text can print it."""

from __future__ import annotations

import numpy as np
from IPython.display import display


def glue(key: str, value: object) -> None:
    """Keep `value` under `key` for the role `glue:text`, as myst-nb does, without needing it.

    Args:
        key: the name that the text uses, unique on its page.
        value: a number or a text.
    """
    # NumPy 2 prints its scalars as 'np.float64(1.5)', which no format such as .2f reads.
    number = value.item() if isinstance(value, np.generic) else value
    prefix = "application/papermill.record/"  # a type no front end shows
    display(  # type: ignore[no-untyped-call]
        {f"{prefix}text/plain": repr(number)},
        raw=True,
        metadata={"scrapbook": {"name": key, "mime_prefix": prefix}},
    )
