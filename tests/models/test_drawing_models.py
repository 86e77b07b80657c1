"""Pictures to codes and back, words to codes, and who reads pictures."""

from __future__ import annotations

import pytest
import torch

from seqcourse.models.picture_reader import PictureReader
from seqcourse.models.text_to_image import TEXT_SHARE, TextToImage, guided
from seqcourse.models.vq_vae import VQVAE

WORDS = ("a", "red", "blue", "ring")


def painter(**options: object) -> TextToImage:
    torch.manual_seed(0)
    return TextToImage(WORDS, 3, 5, 4, width=12, heads=2, layers=2, **options).eval()  # type: ignore[arg-type]


def test_a_picture_is_rebuilt_from_its_codes_alone() -> None:
    torch.manual_seed(0)
    model = VQVAE(side=8, codes=6, width=3, channels=8).eval()
    image = torch.rand(4, 8, 8, 3)
    rebuilt = model(image)
    assert rebuilt.image.shape == image.shape and rebuilt.codes.shape == (4, 4)
    assert torch.equal(model.tokens(image), rebuilt.codes)
    torch.testing.assert_close(model.picture(rebuilt.codes), rebuilt.image.clamp(0, 1))


def test_the_encoder_hears_of_the_pixels() -> None:
    torch.manual_seed(0)
    model = VQVAE(side=8, codes=6, width=3, channels=8, commitment=0.0)
    model.loss(torch.rand(4, 8, 8, 3)).backward()
    first = model.encoder[0].weight.grad
    assert first is not None and first.abs().sum() > 0


def test_a_code_changes_its_own_place() -> None:
    """The first row of codes is at the top, its first code on the left."""
    torch.manual_seed(0)
    model = VQVAE(side=16, codes=6, width=3, channels=8).eval()
    codes = torch.zeros(1, 16, dtype=torch.long)
    other = codes.clone()
    other[0, 3] = 1
    changed = (model.picture(codes) - model.picture(other)).abs().sum((0, 3))
    assert changed[:4, 12:].sum() > 0 and changed[12:, :4].sum() == 0


def test_vq_vae_names_bad_input() -> None:
    for options, text in (({"side": 10}, "side=10"), ({"variance": 0.0}, "variance")):
        with pytest.raises(ValueError, match=text):
            VQVAE(**options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(1, 3, 24, 24\)"):
        VQVAE()(torch.zeros(1, 3, 24, 24))


def test_nats_are_those_of_the_sequence() -> None:
    model = painter()
    words, codes = torch.tensor([[0, 1, 3], [0, 2, 3]]), torch.tensor([[0, 4, 1, 2], [3, 3, 0, 1]])
    tokens = torch.cat([words, codes + len(WORDS) + 1], 1)
    logs = model.gpt(tokens)[0].log_softmax(-1)
    each = -logs[:, :-1].gather(2, tokens[:, 1:, None])[..., 0]
    text, picture = model.nats(words, codes)
    torch.testing.assert_close(text, each[:, :2].mean())
    torch.testing.assert_close(picture, each[:, 2:].mean())
    wanted = TEXT_SHARE * text + (1 - TEXT_SHARE) * picture
    torch.testing.assert_close(model.loss(words, codes), wanted)


def test_a_dropped_caption_teaches_no_words_and_leaves_the_picture() -> None:
    model = painter(drop=1.0).train()
    words, codes = torch.tensor([[0, 1, 3]]), torch.tensor([[0, 4, 1, 2]])
    text, picture = model.nats(words, codes, drop=True)
    nothing = torch.full_like(words, model.nothing)
    assert text == 0
    torch.testing.assert_close(picture, model.nats(nothing, codes)[1])


def test_later_codes_change_nothing_before_them() -> None:
    model = painter()
    words = torch.tensor([[0, 1, 3]])
    one, other = torch.tensor([[0, 4, 1, 2]]), torch.tensor([[0, 4, 3, 0]])
    for a, b in ((one, other),):
        first = [
            model.gpt(torch.cat([words, codes + model.first], 1))[0][:, : 3 + 2] for codes in (a, b)
        ]
        torch.testing.assert_close(*first)


@pytest.mark.parametrize("strength", [0.0, 1.0, 3.0])
def test_drawing_step_by_step_is_drawing_from_all_at_once(strength: float) -> None:
    """With a cold temperature each code is the likeliest, given words and codes before."""
    model = painter()
    words = torch.tensor([[0, 1, 3], [0, 2, 3]])
    codes = model.draw(words, strength, temperature=1e-4)
    assert codes.shape == (2, 4) and codes.min() >= 0 and codes.max() < 5
    nothing = torch.full_like(words, model.nothing)
    both = [
        model.gpt(torch.cat([text, codes + model.first], 1))[0][:, 2:-1, model.first :]
        for text in (words, nothing)
    ]
    assert torch.equal(guided(*both, strength).argmax(-1), codes)


def test_guidance_of_one_and_of_none() -> None:
    a, b = torch.randn(2, 5), torch.randn(2, 5)
    torch.testing.assert_close(guided(a, b, 1.0), a)
    torch.testing.assert_close(guided(a, b, 0.0), b)


def test_the_painter_names_bad_input() -> None:
    model = painter()
    for captions in (["a red"], ["a green ring"]):
        with pytest.raises(ValueError, match="give 3 words"):
            model.read(captions)
    with pytest.raises(ValueError, match="drop=2"):
        painter(drop=2)
    with pytest.raises(ValueError, match="temperature=0"):
        model.draw(torch.tensor([[0, 1, 3]]), temperature=0)


def test_saved_and_loaded_draws_the_same() -> None:
    one, words = painter(), torch.tensor([[0, 1, 3]])
    torch.manual_seed(5)
    other = TextToImage(WORDS, 3, 5, 4, width=12, heads=2, layers=2).eval()
    other.load_state_dict(one.state_dict())
    drawn = []
    for model in (one, other):
        torch.manual_seed(1)
        drawn.append(model.draw(words))
    assert torch.equal(*drawn)


@pytest.mark.parametrize("kind", ["convolutions", "dense"])
def test_a_reader_scores_what_it_reads(kind: str) -> None:
    torch.manual_seed(0)
    model = PictureReader(8, (3, 2), kind, 4)  # type: ignore[arg-type]
    image = torch.rand(5, 8, 8, 3)
    read = model.read(image)
    assert read.shape == (5, 2) and (read < torch.tensor([3, 2])).all()
    best = model.score(image, read)
    for colour in range(3):
        for form in range(2):
            thing = torch.tensor([[colour, form]]).repeat(5, 1)
            assert (model.score(image, thing) <= best + 1e-6).all()
    assert model.loss(image, read).item() == pytest.approx(-best.mean().item(), rel=1e-5)


def test_a_reader_names_bad_input() -> None:
    with pytest.raises(ValueError, match="kind='deep'"):
        PictureReader(8, (3, 2), "deep")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(1, 3, 8, 8\)"):
        PictureReader(8, (3, 2))(torch.zeros(1, 3, 8, 8))
