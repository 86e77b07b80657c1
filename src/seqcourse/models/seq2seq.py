"""Encoder and decoder: a sequence is read into a state, and another is written from it.

Any encoder gives an `Encoded`, any decoder begins from one; `EncoderDecoder` puts them together.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import IGNORE
from seqcourse.models.layers import batch_first_layer, output_size, require_tokens
from seqcourse.models.state import checked_lengths, each, read, state_shapes, swapped, top

Context = Literal["first", "each"]
State = dict[str, Any]


class Encoded(NamedTuple):
    """What an encoder hands on; H is its `size`.

    Args:
        states: (B, T, H), one for each place.
        summary: (B, H), all places in one row.
        padding: (B, T) bool, true where there is no place.
        end: the recurrent layer's last state, as it gives it; None if it has none.
    """

    states: Tensor
    summary: Tensor
    padding: Tensor
    end: Any = None


class Encoder(nn.Module):
    """Symbols in, states out.

    Args:
        vocabulary: how many source symbols.
        layer: a recurrent layer of ours or of torch's, with batch_first=True; one way or both.
        embedding_size: trained numbers for each symbol; the layer's input size.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit.
    """

    def __init__(self, vocabulary: int, layer: nn.Module, embedding_size: int) -> None:
        super().__init__()
        batch_first_layer("Encoder", layer, embedding_size, both_ways=True)
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.layer = layer
        self.size = output_size(layer)

    def forward(self, source: Tensor, lengths: Tensor | None = None) -> Encoded:
        """Read (B, T) symbols.

        The summary is the last state: after each source's own last symbol, and of a layer that
        reads both ways, of each direction where it ends.

        Args:
            source: (B, T) int.
            lengths: (B,) how many symbols of each are real, 1 … T; what lies behind them changes
                nothing. None: all.

        Raises:
            ValueError: the source is no (B, T) symbols; the lengths do not fit it.
        """
        require_tokens("Encoder", source, self.embedding.num_embeddings)
        if lengths is not None:
            lengths = checked_lengths("Encoder", lengths, source)
        states, end = read(self.layer, self.embedding(source), lengths)  # (B, T, H)
        return Encoded(states, top(end, self.layer), padding(source, lengths), end)


class Bridge(nn.Module):
    """A decoder's first state, made of the encoder's summary: tanh(W e + b).

    Bahdanau, Cho & Bengio (2015), arXiv:1409.0473, appendix A.2.2, make it of the backward
    direction's end alone.

    Args:
        size: of the summary.
        layer: the decoder's recurrent layer; each part of its state gets rows of W of its own.
    """

    def __init__(self, size: int, layer: nn.Module) -> None:
        super().__init__()
        self._shapes = state_shapes(layer)
        self._sizes: list[int] = []
        each(self._shapes, lambda part: self._sizes.append(part.numel()))
        self.linear = nn.Linear(size, sum(self._sizes))

    def forward(self, encoded: Encoded) -> Any:
        """From the summary (B, size) to the state, its batch first, each part (B, layers, H)."""
        numbers = torch.tanh(self.linear(encoded.summary))
        parts = iter(torch.split(numbers, self._sizes, dim=1))
        return each(self._shapes, lambda part: next(parts).reshape(-1, *part.shape))


class HandOver(nn.Module):
    """The encoder's last state as the decoder's first, as it is.

    Args:
        layer: the decoder's recurrent layer.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._form = _form(state_shapes(layer))

    def forward(self, encoded: Encoded) -> Any:
        """The state with the batch first, each part (B, layers, H).

        Raises:
            ValueError: the encoder's state has another form than the decoder's.
        """
        end = encoded.end
        given = None if end is None else _form(each(end, lambda part: part[:, 0]))
        if given != self._form:
            raise ValueError(
                f"The encoder ends in a state of the form {given}, and the decoder begins with "
                f"{self._form}: take layers of one kind and size that read one way, or bridge=True."
            )
        return swapped(end)


class Decoder(nn.Module):
    """The next symbol from those before it and from the source's summary, which is all it sees.

    Args:
        vocabulary: V, how many target symbols, the end among them.
        layer: a recurrent layer of ours or of torch's, with batch_first=True, that reads one way.
        embedding_size: E, trained numbers for each symbol.
        encoder_size: H of the encoder.
        context: "first": the summary makes the first state, no more (Sutskever, Vinyals & Le 2014,
            arXiv:1409.3215), and the layer's input size is E. "each": it is also read at each step
            beside the symbol (Cho et al. 2014, arXiv:1406.1078): E + H.
        bridge: whether the first state is made of the summary by trained weights, `Bridge`; without
            it is the encoder's last, which must be of the same form.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit; there is no such context.
    """

    def __init__(
        self,
        vocabulary: int,
        layer: nn.Module,
        embedding_size: int,
        encoder_size: int,
        context: Context = "first",
        bridge: bool = True,
    ) -> None:
        super().__init__()
        if context not in get_args(Context):
            raise ValueError(f"Decoder got context={context!r}; it knows {get_args(Context)}.")
        width = embedding_size + (encoder_size if context == "each" else 0)
        batch_first_layer("Decoder", layer, width, both_ways=False)
        self.context = context
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.layer = layer
        self.bridge = Bridge(encoder_size, layer) if bridge else HandOver(layer)
        self.out = nn.Linear(output_size(layer), vocabulary)

    def begin(self, encoded: Encoded) -> State:
        """The state before the first symbol; every tensor in it has the batch first.

        Raises:
            ValueError: without a bridge, the encoder's state has another form.
        """
        state: State = {"layer": self.bridge(encoded)}
        return state | ({"context": encoded.summary} if self.context == "each" else {})

    def forward(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        """Read on: (B, U) symbols, from a state.

        Returns:
            logits (B, U, V), row u for what comes after symbol u; and the state after the last.

        Raises:
            ValueError: the target is no (B, U) symbols.
        """
        require_tokens("Decoder", target, self.embedding.num_embeddings)
        x = self.embedding(target)  # (B, U, E)
        if self.context == "each":
            context = state["context"][:, None].expand(-1, x.shape[1], -1)
            x = torch.cat([x, context], -1)  # (B, U, E + H)
        states, end = self.layer(x, swapped(state["layer"]))
        return self.out(states), state | {"layer": swapped(end)}


class EncoderDecoder(nn.Module):
    """p(target | source), symbol by symbol: encoder and decoder are trained as one.

    Args:
        encoder: from a source and lengths to an `Encoded`, such as `Encoder`.
        decoder: with `begin`, from it to a state, and `forward`, such as `Decoder`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self, source: Tensor, target_in: Tensor, source_lengths: Tensor | None = None
    ) -> Tensor:
        """Logits (B, U, V) of the next symbol at each place of a given target: teacher forcing.

        Args:
            source: as the encoder takes it, such as (B, T) symbols.
            target_in: (B, U) symbols, END first.
            source_lengths: (B,), as the encoder takes them.
        """
        logits: Tensor = self.decoder(target_in, self.encode(source, source_lengths))[0]
        return logits

    def encode(self, source: Tensor, source_lengths: Tensor | None = None) -> State:
        """The decoder's first state: a dict of tensors that have the batch first."""
        state: State = self.decoder.begin(self.encoder(source, source_lengths))  # type: ignore[operator]
        return state

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol further: what decoding calls.

        Args:
            tokens: (N,) the symbol chosen last, END at first.
            state: from `encode`, or from the step before.

        Returns:
            log-probabilities (N, V) of the next symbol, and the next state.
        """
        logits, state = self.decoder(tokens[:, None], state)
        return F.log_softmax(logits[:, -1], -1), state

    def loss(
        self, source: Tensor, lengths: Tensor | None, target_in: Tensor, target_out: Tensor
    ) -> Tensor:
        """Mean cross-entropy in nats a symbol of a `PairBatch`; what is IGNORE counts nothing."""
        logits = self(source, target_in, lengths)
        return F.cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=IGNORE)


def padding(source: Tensor, lengths: Tensor | None) -> Tensor:
    """(B, T) bool, true where a source (B, T, …) is none."""
    if lengths is None:
        return torch.zeros(source.shape[:2], dtype=torch.bool, device=source.device)
    return (torch.arange(source.shape[1]) >= lengths[:, None]).to(source.device)


def _form(state: Any) -> Any:
    return each(state, lambda part: tuple(part.shape))
