"""`python -m seqcourse`."""

from seqcourse.cli import app

app()
