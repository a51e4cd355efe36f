"""The course's own answers in PyTorch, and a small model to try a training step on.

Letters: N sequences, T steps, D features, H units, V classes; ``directions`` is 1 or 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_padded_sequence


class SequenceClassifier(nn.Module):
    """An LSTM that reads padded sequences, and a linear layer on its last states.

    Parameters
    ----------
    input_size : int
        D, features per step.
    hidden_size : int
        H, units per layer and direction.
    num_classes : int
        V.
    num_layers : int, optional
        Layers above one another.
    bidirectional : bool, optional
        Whether a second LSTM reads each sequence from its end.

    Examples
    --------
    >>> model = SequenceClassifier(12, 32, 9, num_layers=2, bidirectional=True)
    >>> model(torch.zeros(3, 20, 12), torch.tensor([5, 20, 7])).shape
    torch.Size([3, 9])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_classes: int,
        num_layers: int = 1,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        self.directions = 2 if bidirectional else 1
        self.lstm = nn.LSTM(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
        self.head = nn.Linear(self.directions * hidden_size, num_classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Score the classes for each sequence.

        Parameters
        ----------
        x : torch.Tensor (N, T, D)
            Sequences, padded at their ends.
        lengths : torch.Tensor (N,)
            How many steps of each are real.

        Returns
        -------
        torch.Tensor (N, V)
            Logits. Neither what stands in the padding nor how much there is changes them.
        """
        if self.directions == 1:  # padding comes after all that is read; packing would be slower
            outputs, _ = self.lstm(x)
            last = outputs[torch.arange(len(x)), lengths - 1]  # (N, H)
            return self.head(last)  # type: ignore[no-any-return]
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (h_n, _) = self.lstm(packed)
        last = h_n[-self.directions :].transpose(0, 1).flatten(1)  # (N, directions * H)
        return self.head(last)  # type: ignore[no-any-return]


def train_epoch(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    max_norm: float = 1.0,
) -> float:
    """Go through the data once and update the model after each batch.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(x, lengths)``; is trained in place and left in training mode.
    loader : iterable
        Yields ``(x, lengths, y)``; the last batch may be smaller.
    optimizer : torch.optim.Optimizer
        Of the model's parameters.
    loss_fn : callable
        Takes the model's output and ``y``; returns the mean loss of the batch.
    max_norm : float, optional
        Longest global norm of the gradients; longer ones are shortened to it.

    Returns
    -------
    float
        Mean loss per example, each batch before its update.

    Examples
    --------
    >>> model = MeanScorer(torch.zeros(2, 3), torch.zeros(3))
    >>> batch = torch.ones(4, 5, 2), torch.full((4,), 5), torch.tensor([0, 1, 2, 0])
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> round(train_epoch(model, [batch], optimizer, nn.CrossEntropyLoss()), 4)
    1.0986
    """
    model.train()
    total, count = 0.0, 0
    for x, lengths, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x, lengths), y)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


class MeanScorer(nn.Module):
    """A linear layer on the mean over each sequence's real steps: small, but it has all modes.

    In training it reads the first features only, as if dropout had taken the others, so that it
    shows in the weights whether a step was made in training mode.

    Parameters
    ----------
    weight : torch.Tensor (D, V)
        Start of the weights; is copied.
    bias : torch.Tensor (V,)
        Start of the bias; is copied.

    Examples
    --------
    >>> model = MeanScorer(torch.eye(2), torch.zeros(2)).eval()
    >>> model(torch.ones(1, 5, 2), torch.tensor([3]))
    tensor([[1., 1.]], grad_fn=<AddBackward0>)
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        self.modes: list[bool] = []  # of each call: whether it was in training mode
        self.put_out: list[Tensor] = []  # of each call: the scores

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Score the classes for each sequence.

        Parameters
        ----------
        x : torch.Tensor (N, T, D)
            Sequences, padded at their ends.
        lengths : torch.Tensor (N,)
            How many steps of each are real.

        Returns
        -------
        torch.Tensor (N, V)
            Scores.
        """
        self.modes.append(self.training)
        real = torch.arange(x.shape[1]) < lengths[:, None]  # (N, T)
        means = (x * real[:, :, None]).sum(1) / lengths[:, None]  # (N, D)
        if self.training:
            kept = (x.shape[2] + 1) // 2
            means = torch.cat([2 * means[:, :kept], 0 * means[:, kept:]], dim=1)
        scores = means @ self.weight + self.bias
        self.put_out.append(scores.detach())
        return scores
