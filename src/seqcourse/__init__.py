"""seqcourse: an executable course on sequence models."""

__version__ = "0.1.0"
