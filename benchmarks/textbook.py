"""Layers as textbooks write them: a matrix for each gate, a step after the other, autograd behind.

They take torch's weights, so that a comparison can first see that all compute the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Gate(nn.Module):
    """W_x x + W_h h + b, two products at every step."""

    def __init__(self, weight_x: Tensor, weight_h: Tensor, bias_x: Tensor, bias_h: Tensor) -> None:
        super().__init__()
        self.weight_x, self.weight_h = (nn.Parameter(w.T.clone()) for w in (weight_x, weight_h))
        self.bias_x, self.bias_h = (nn.Parameter(b.clone()) for b in (bias_x, bias_h))

    def of_input(self, x: Tensor) -> Tensor:
        return torch.matmul(x, self.weight_x) + self.bias_x

    def of_state(self, h: Tensor) -> Tensor:
        return torch.matmul(h, self.weight_h) + self.bias_h

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.of_input(x) + self.of_state(h)


class Textbook(nn.Module):
    """(T, B, I) -> (T, B, H), the gates of a layer of torch's."""

    def __init__(self, layer: nn.Module, gates: int) -> None:
        super().__init__()
        self.size = int(layer.hidden_size)  # type: ignore[call-overload]
        with torch.no_grad():
            parts = [
                getattr(layer, f"{kind}_l0").chunk(gates)
                for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            ]
        self.gates = nn.ModuleList(Gate(*weights) for weights in zip(*parts, strict=True))


class TextbookRNN(Textbook):
    def forward(self, x: Tensor) -> Tensor:
        h, outputs = x.new_zeros(x.shape[1], self.size), []
        for x_t in x:
            h = torch.tanh(self.gates[0](x_t, h))
            outputs.append(h)
        return torch.stack(outputs)


class TextbookLSTM(Textbook):
    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[1], self.size)
        outputs = []
        for x_t in x:
            i, f, g, o = (gate(x_t, h) for gate in self.gates)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs)


class TextbookGRU(Textbook):
    def forward(self, x: Tensor) -> Tensor:
        h, outputs = x.new_zeros(x.shape[1], self.size), []
        of_r, of_z, of_n = self.gates
        for x_t in x:
            r, z = torch.sigmoid(of_r(x_t, h)), torch.sigmoid(of_z(x_t, h))
            n = torch.tanh(of_n.of_input(x_t) + r * of_n.of_state(h))
            h = (1 - z) * n + z * h
            outputs.append(h)
        return torch.stack(outputs)


TEXTBOOK = {"RNN": (TextbookRNN, 1), "LSTM": (TextbookLSTM, 4), "GRU": (TextbookGRU, 3)}


def textbook(layer: nn.Module) -> Textbook:
    """The textbook's layer with the weights of torch's RNN, LSTM or GRU."""
    kind, gates = TEXTBOOK[type(layer).__name__]
    return kind(layer, gates)
