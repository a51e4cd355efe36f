"""Classifiers of sequences that are put together from parts, one of which may be wrong.

Letters: N sequences, T steps, D features, H units, V classes, L layers; ``directions`` is 1 or 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Sizes = tuple[int, int, int, int]  # D, H, L, directions


class Reading(NamedTuple):
    """All that a classifier may read off its recurrent layers.

    Attributes
    ----------
    outputs : torch.Tensor
        Of every step; (N, T, directions * H) where nothing went wrong.
    h_n : torch.Tensor (L * directions, N, H)
        Final hidden states.
    x : torch.Tensor (N, T, D)
        What the layers read.
    lengths : torch.Tensor (N,)
        How many steps of each sequence are real.
    directions : int
        1 or 2.
    """

    outputs: Tensor
    h_n: Tensor
    x: Tensor
    lengths: Tensor
    directions: int


def final(reading: Reading) -> Tensor:
    """Pick the final hidden states of the last layer.

    Parameters
    ----------
    reading : Reading
        What may be read.

    Returns
    -------
    torch.Tensor (N, directions * H)
        Forward, then backward.
    """
    return reading.h_n[-reading.directions :].transpose(0, 1).flatten(1)


def _own_batch(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return x, lengths


def _zeros(model: Any, shape: tuple[int, ...]) -> None:
    return None


class Parts(NamedTuple):
    """What a classifier consists of. The defaults make a right one.

    Attributes
    ----------
    read : callable
        Takes a `Reading` and returns what the head gets.
    finish : callable
        Takes what the head returns and returns what the model does.
    prepare : callable
        Takes ``x`` and ``lengths`` and returns the two that the layers get.
    start : callable
        Takes the model and a shape (L * directions, N, H) and returns the states to start from;
        None stands for zeros.
    width : callable
        Takes the sizes and returns how many numbers the head expects.
    use : callable
        Takes the sizes that are asked for and returns those that are used.
    packed : bool
        Whether the layers read a packed batch.
    batch_first : bool
        Whether the layers are told that the batch is the first axis.
    pack_batch_first, unpack_batch_first : bool
        Whether ``pack_padded_sequence`` and ``pad_packed_sequence`` are told so.
    sorted_only : bool
        Whether packing insists on falling lengths.
    unpacked : bool
        Whether the outputs of a packed batch are unpacked.
    cell : {"LSTM", "GRU", "RNN"}
        Of which class in ``torch.nn`` the recurrent layers are.
    kept : {"registered", "in a list", "all in a list", "made anew", "nowhere"}
        Where the recurrent layers live, and in one case the head as well; in the last case there
        are none, and ``x`` stands for their outputs.
    """

    read: Callable[[Reading], Tensor] = final
    finish: Callable[[Tensor], Any] = lambda logits: logits
    prepare: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = _own_batch
    start: Callable[[Any, tuple[int, ...]], tuple[Tensor, Tensor] | None] = _zeros
    width: Callable[[Sizes], int] = lambda sizes: sizes[1] * sizes[3]
    use: Callable[[Sizes], Sizes] = lambda sizes: sizes
    packed: bool = True
    batch_first: bool = True
    pack_batch_first: bool = True
    unpack_batch_first: bool = True
    sorted_only: bool = False
    unpacked: bool = True
    cell: str = "LSTM"
    kept: str = "registered"


class PartsClassifier(nn.Module):
    """A classifier of sequences, put together from parts.

    Parameters
    ----------
    parts : Parts
        What it consists of.
    sizes : tuple of int
        D, H, L and directions, as asked for.
    num_classes : int
        V.
    """

    def __init__(self, parts: Parts, sizes: Sizes, num_classes: int) -> None:
        super().__init__()
        self.parts = parts
        self.sizes = parts.use(sizes)
        self.last_states: tuple[Tensor, Tensor] | None = None
        self.hidden: list[nn.Module] = []
        if parts.kept == "registered":
            self.lstm = self._layers()
        elif "in a list" in parts.kept:
            self.hidden.append(self._layers())
        head = nn.Linear(parts.width(self.sizes), num_classes)
        if parts.kept == "all in a list":
            self.hidden.append(head)
        else:
            self.head = head

    def _layers(self) -> nn.Module:
        D, H, L, directions = self.sizes
        kind = getattr(nn, self.parts.cell)
        layers: nn.Module = kind(
            D, H, L, batch_first=self.parts.batch_first, bidirectional=directions == 2
        )
        return layers

    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        """Score the classes for each sequence, rightly or wrongly.

        Parameters
        ----------
        x : torch.Tensor (N, T, D)
            Sequences, padded at their ends.
        lengths : torch.Tensor (N,)
            How many steps of each are real.

        Returns
        -------
        object
            What the parts make of it.
        """
        parts = self.parts
        x, lengths = parts.prepare(x, lengths)
        _, H, L, directions = self.sizes
        head = self.hidden[1] if parts.kept == "all in a list" else self.head
        if parts.kept == "nowhere":
            reading = Reading(x, x[None, :, -1], x, lengths, directions)
            return parts.finish(head(parts.read(reading)))
        if "in a list" in parts.kept:
            layers = self.hidden[0]
        else:
            layers = self._layers() if parts.kept == "made anew" else self.lstm
        states = parts.start(self, (L * directions, len(x), H))
        if parts.packed:
            batch = pack_padded_sequence(
                x, lengths, parts.pack_batch_first, enforce_sorted=parts.sorted_only
            )
            outputs, last = layers(batch, states)
            if parts.unpacked:
                outputs, _ = pad_packed_sequence(outputs, parts.unpack_batch_first)
        else:
            outputs, last = layers(x, states)
        h_n, c_n = last if isinstance(last, tuple) else (last, last)
        self.last_states = h_n.detach(), c_n.detach()
        return parts.finish(head(parts.read(Reading(outputs, h_n, x, lengths, directions))))


def classifier_with(**changed: Any) -> Callable[..., nn.Module]:
    """Make an answer to the exercise `SequenceClassifier` with some parts exchanged.

    Parameters
    ----------
    **changed
        Fields of `Parts`.

    Returns
    -------
    callable
        Takes what `SequenceClassifier` takes and returns a model.

    Examples
    --------
    >>> import torch
    >>> answer = classifier_with(finish=lambda logits: logits.softmax(-1))
    >>> round(answer(3, 4, 2)(torch.ones(1, 5, 3), torch.tensor([5])).sum().item(), 5)
    1.0
    """
    parts = Parts(**changed)

    def build(
        input_size: int,
        hidden_size: int,
        num_classes: int,
        num_layers: int = 1,
        bidirectional: bool = False,
    ) -> nn.Module:
        sizes = input_size, hidden_size, num_layers, 2 if bidirectional else 1
        return PartsClassifier(parts, sizes, num_classes)

    return build


def without_super_init(*sizes: int, **further: object) -> nn.Module:
    """Make a model whose ``__init__`` does not call that of ``nn.Module``: PyTorch refuses.

    Parameters
    ----------
    *sizes : int
        D, H, V and what else `SequenceClassifier` takes.
    **further
        The same by name.

    Returns
    -------
    torch.nn.Module
        Never.

    Raises
    ------
    AttributeError
        From PyTorch.
    """

    class Unprepared(nn.Module):
        def __init__(self) -> None:
            self.lstm = nn.LSTM(sizes[0], sizes[1], batch_first=True)

    return Unprepared()


def without_forward(*sizes: int, **further: object) -> nn.Module:
    """Make a model that lacks the method ``forward``.

    Parameters
    ----------
    *sizes : int
        D, H, V and what else `SequenceClassifier` takes.
    **further
        The same by name.

    Returns
    -------
    torch.nn.Module
        Cannot be called.
    """

    class Silent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(sizes[0], sizes[1], batch_first=True)

    return Silent()
