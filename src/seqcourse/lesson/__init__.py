"""What a chapter's cells say to its reader: claims, checks, predictions, values for the text."""

from seqcourse.lesson.check import check
from seqcourse.lesson.claim import ClaimFailed, claim
from seqcourse.lesson.findings import Finding, close, holds
from seqcourse.lesson.glue import glue
from seqcourse.lesson.home import make_importable
from seqcourse.lesson.keep import keep
from seqcourse.lesson.ladder import climb, ladder
from seqcourse.lesson.predict import predict, reveal
from seqcourse.lesson.provenance import provenance
from seqcourse.lesson.table import table

__all__ = [
    "ClaimFailed",
    "Finding",
    "check",
    "claim",
    "climb",
    "close",
    "glue",
    "holds",
    "keep",
    "ladder",
    "predict",
    "provenance",
    "reveal",
    "table",
]

make_importable()
