"""Give a value a name, so that the text can print it."""

from __future__ import annotations

from IPython.display import display


def glue(key: str, value: object) -> None:
    """Keep `value` under `key` for the role `glue:text`, as myst-nb does, without needing it.

    Args:
        key: the name that the text uses, unique on its page.
        value: a number or a text.
    """
    prefix = "application/papermill.record/"  # a type no front end shows
    display(  # type: ignore[no-untyped-call]
        {f"{prefix}text/plain": repr(value)},
        raw=True,
        metadata={"scrapbook": {"name": key, "mime_prefix": prefix}},
    )
