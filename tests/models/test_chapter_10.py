"""Chapter 10: its own encoder–decoder and beam search are those of the package."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse import decoding
from seqcourse.data.words import END
from seqcourse.experiments import beams
from seqcourse.models.seq2seq import Decoder, Encoder, EncoderDecoder
from seqcourse.nn import GRU

CHAPTER = Path(__file__).parents[2] / "chapters" / "10_encoder_decoder.md"
TEXT = CHAPTER.read_text("utf-8")
SOURCE, TARGET, E, H = 6, 5, 3, 7


def _defined(name: str) -> Any:
    """A function or a class of the chapter's live cells."""
    source = re.search(rf"^(def|class) {name}\(.*?(?=^\S|\Z)", TEXT, re.S | re.M)
    assert source
    namespace = {"np": np, "torch": torch, "nn": nn, "END": END, "GRU": GRU}
    exec(source[0], namespace)
    return namespace[name]


def _both(seed: int) -> tuple[Any, EncoderDecoder]:
    """The chapter's net and the package's, with the same weights."""
    torch.manual_seed(seed)
    own = _defined("Translator")(SOURCE, TARGET, E, H).double()
    for weight in own.parameters():
        nn.init.normal_(weight)
    theirs = EncoderDecoder(
        Encoder(SOURCE, GRU(E, H, batch_first=True), E),
        Decoder(TARGET, GRU(E, H, batch_first=True), E, H),
    ).double()
    parts = {
        "encoder.embedding": own.read,
        "encoder.layer": own.encoder,
        "decoder.embedding": own.write,
        "decoder.layer": own.decoder,
        "decoder.bridge.linear": own.bridge,
        "decoder.out": own.out,
    }
    for name, part in parts.items():
        theirs.get_submodule(name).load_state_dict(part.state_dict())
    return own, theirs


@pytest.mark.parametrize("seed", range(3))
def test_the_translator_is_the_encoder_decoder(seed: int) -> None:
    own, theirs = _both(seed)
    source, lengths = torch.randint(1, SOURCE, (4, 5)), torch.tensor([5, 1, 3, 4])
    words = torch.randint(0, TARGET, (4, 6))
    law = torch.log_softmax(theirs(source, words, lengths), -1)
    assert torch.allclose(own(source, lengths, words), law, atol=1e-12)


@pytest.mark.parametrize("beam", [1, 2, 3, 8])
def test_the_beam_is_the_packages(beam: int) -> None:
    search = _defined("beam_search")
    for seed in range(5):
        own, theirs = _both(seed)
        source, lengths = torch.randint(1, SOURCE, (1, 5)), torch.tensor([5])

        def step(words: Any, state: Any, own: Any = own) -> tuple[Any, Any]:
            law, state = own.step(words[:, None], state)
            return law[:, 0], state

        with torch.no_grad():
            words, nats = search(step, own.encode(source, lengths), beam, 6)
            [found] = decoding.beam_search(
                theirs.step,
                theirs.encode(source, lengths),
                start=END,
                stop=END,
                beam=beam,
                max_steps=6,
            )
        ended = [answer for answer in found if answer.ended]
        if ended:
            best = max(ended, key=lambda answer: answer.log_probability)
            assert words == tuple(best.tokens)
            assert nats == pytest.approx(best.log_probability)
        else:
            assert words == () and nats == -np.inf


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_that_drops_nothing_finds_the_likeliest(seed: int) -> None:
    own, _ = _both(seed)
    source, lengths = torch.randint(1, SOURCE, (1, 3)), torch.tensor([3])

    def step(words: Any, state: Any) -> tuple[Any, Any]:
        law, state = own.step(words[:, None], state)
        return law[:, 0], state

    def log_p(words: tuple[int, ...]) -> float:
        law = own(source, lengths, torch.tensor([[END, *words]]))[0]
        return float(law[torch.arange(len(words) + 1), [*words, END]].sum())

    with torch.no_grad():
        every = [y for n in range(4) for y in product(range(1, TARGET), repeat=n)]
        best = max(every, key=log_p)
        words, nats = _defined("beam_search")(step, own.encode(source, lengths), TARGET**4, 4)
        assert words == best and nats == pytest.approx(log_p(best))


def test_where_an_answer_first_stops() -> None:
    words = torch.tensor([[3, END, 2, END], [1, 2, 3, 4], [END, END, 1, 1]])
    assert beams.first_stop(words).tolist() == [1, 4, 0]


class _Said(nn.Module):
    """Says the same whatever it is asked, and has a given guess where it is fed the right words."""

    def __init__(self, own: list[list[int]], forced: list[list[int]]) -> None:
        super().__init__()
        self.own, self.forced = torch.tensor(own), torch.tensor(forced)

    def forward(self, source: Any, target: Any, lengths: Any) -> Any:
        return nn.functional.one_hot(self.forced, 5).float()

    def encode(self, source: Any, lengths: Any) -> int:
        return 0

    def step(self, tokens: Any, state: int) -> tuple[Any, int]:
        return nn.functional.one_hot(self.own[:, state], 5).float(), state + 1


def test_what_follows_a_first_mistake() -> None:
    from seqcourse.data.pairs import Pairs

    pairs = Pairs(((1,), (1,), (1,)), ((1, 2, 3), (1, 2, 3), (1, 2)))
    own = [[4, 2, 1, END], [1, 1, 2, 3], [1, 2, END, END]]  # replaced; one too many; right
    forced = [[4, 2, 3, END], [1, 1, 3, 1], [1, 2, END, END]]
    found = beams.after_mistake(_Said(own, forced), pairs)  # type: ignore[arg-type]
    same, other = found["same"], found["other"]
    assert same == pytest.approx({"count": 3, "own": 2 / 3, "forced": 1})
    assert other == pytest.approx({"count": 2, "own": 0, "forced": 1 / 2})
