"""What a model asks of the recurrent layer that it is built over."""

from __future__ import annotations

from torch import Tensor, nn


def output_size(layer: nn.Module) -> int:
    """How many numbers a recurrent layer, ours or torch's, gives at each step."""
    width = getattr(layer, "proj_size", 0) or layer.hidden_size
    return int(width) * (2 if layer.bidirectional else 1)  # type: ignore[arg-type]


def batch_first_layer(model: str, layer: object, features: int, *, both_ways: bool) -> None:
    """Refuse a layer that the model cannot be built over.

    Args:
        model: its name, for the message.
        layer: what came.
        features: what the layer will be given at each step.
        both_ways: whether it may read from the end, too.

    Raises:
        TypeError: it is no recurrent layer.
        ValueError: its batch comes second, it reads both ways, or another number of features.
    """
    wanted = ("input_size", "hidden_size", "batch_first", "bidirectional")
    if not isinstance(layer, nn.Module) or not all(hasattr(layer, name) for name in wanted):
        raise TypeError(
            f"{model} is built over a recurrent layer, but {type(layer).__name__} came: "
            f"give seqcourse.nn.RNN({features}, hidden_size, batch_first=True), say."
        )
    if not layer.batch_first:
        raise ValueError(f"{model}: the layer has its batch second: make it with batch_first=True.")
    if layer.bidirectional and not both_ways:
        raise ValueError(
            f"{model}: the layer is bidirectional, and would read what it is to foretell: "
            "make it without bidirectional=True."
        )
    if layer.input_size != features:
        raise ValueError(
            f"{model}: the layer has input_size={layer.input_size}, and will be given {features} "
            f"numbers at each step: make it with input_size={features}."
        )


def require_tokens(model: str, tokens: Tensor, vocabulary: int) -> None:
    """Refuse what are no rows of symbols.

    Raises:
        ValueError: another number of dimensions, no whole numbers, or one outside 0 … V - 1.
    """
    if tokens.dim() != 2 or tokens.is_floating_point() or not tokens.numel():
        raise ValueError(
            f"{model} got {tokens.dtype} of shape {tuple(tokens.shape)}: give (B, T) tokens, "
            "whole numbers."
        )
    least, most = tokens.min().item(), tokens.max().item()
    if least < 0 or most >= vocabulary:
        raise ValueError(
            f"{model} got tokens from {least} to {most}: it reads 0 to {vocabulary - 1}. "
            "(IGNORE, -100, may stand in targets alone.)"
        )
