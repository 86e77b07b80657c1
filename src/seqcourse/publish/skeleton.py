"""The skeleton of a new chapter: every element in its place, and what goes there."""

from __future__ import annotations

import re
from pathlib import Path

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.records import write_whole

_TEXT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3
  language: python
  name: python3
seqcourse:
  draft: true
---

% One surprising figure:
% One misconception it kills:
% One sentence to remember:

# {title}

```{{code-cell}} ipython3
import numpy as np

from seqcourse import figures
from seqcourse.lesson import check, claim, glue, predict, reveal
```

A question on real data that a reader can feel, and a prediction to commit to: `predict(…)`.

## What you will be able to do

- Three to five verbs; the closing list mirrors them.

## Derive

Line by line, the shapes of every symbol, each equality checked by the cell that follows it.

## Build

The live cell: the central lines of the chapter.

## Measure

One seed and at most 60 s here; the headline from a stored result; ours beside the published figure.

## What people get wrong

Each misconception tested by a cell.

## Exercises

Four to six, of at least three kinds, each with its header line, stub, check, hints and solution.

## What to take along

- One sentence for each verb above.
"""


def write_skeleton(book: Book, name: str) -> Path:
    """Write `chapters/NAME.md` as a draft: it is run, but exempt from the anatomy check.

    Args:
        book: the checkout.
        name: two digits and words joined by underscores, such as `04_recurrent_networks`.

    Raises:
        BookError: the name has another form, or its number is taken.
    """
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", name):
        raise BookError(f"{name!r}: a chapter is named like 04_recurrent_networks.")
    for chapter in book.chapters():
        if chapter.number == int(name[:2]):
            raise BookError(f"{chapter.path} is chapter {chapter.number} already.")
    path = book.root / "chapters" / f"{name}.md"
    write_whole(path, _TEXT.format(title=name[3:].replace("_", " ").capitalize()))
    return path
