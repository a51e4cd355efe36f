"""What crosses the wall of the sandbox: numbers, text, arrays, and tuples, lists and dicts of them.

A message is the length of its first part, the first part as JSON, and then the bytes of the arrays
one behind the other. Nothing is pickled. What comes out of the sandbox was written by a stranger:
:func:`decode` believes no size before it has compared it with the bytes that are there, and makes
nothing but plain data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["Foreign", "Tensor", "WireError", "decode", "encode"]

DEEPEST = 12
"""Tuples, lists and dicts inside one another."""
MOST_ITEMS = 100_000
"""Values in one message."""
LONGEST_TEXT = 10_000
"""Characters of a text that comes out of the sandbox; longer ones are cut."""
LARGEST_HEAD = 4 * 2**20
"""Bytes of the first part of a message that comes out: read, it takes many times that."""
_EXPECTED_HEAD = f"expected at most {LARGEST_HEAD:,}"
_KINDS = "biufc"
_HEAD = 8


class WireError(ValueError):
    """A message that cannot be read, or a value that cannot be sent."""


class Foreign:
    """Stands for an object that does not cross the wall; only the name of its type does.

    Parameters
    ----------
    type_name : str
        What its type is called.
    """

    def __new__(cls, type_name: str) -> Foreign:
        """Make an object whose type has that name, so that messages speak of it."""
        name = type_name if type_name.isidentifier() and len(type_name) < 80 else "object"
        made: Foreign = object.__new__(type(name, (cls,), {}))
        return made


class Tensor:
    """Stands for a framework's tensor: can be detached, and is an array then.

    Parameters
    ----------
    array : ndarray
        Its values.
    """

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array

    def detach(self) -> Tensor:
        """As a tensor of PyTorch does.

        Returns
        -------
        Tensor
            Itself.
        """
        return self

    def cpu(self) -> Tensor:
        """As a tensor of PyTorch does.

        Returns
        -------
        Tensor
            Itself.
        """
        return self

    def numpy(self) -> np.ndarray[Any, Any]:
        """As a tensor of PyTorch does.

        Returns
        -------
        ndarray
            Its values.
        """
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """Be read by NumPy, as a tensor of PyTorch can be."""
        return np.array(self._array, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""
        return tuple(self._array.shape)


def encode(
    value: Any,
    largest: int,
    special: Callable[[Any], Any] | None = None,
    trusted: bool = False,
) -> bytes:
    """Write a value as a message.

    Parameters
    ----------
    value : object
        Of anything but plain data only the name of its type is sent.
    largest : int
        Bytes that the message may have.
    special : callable, optional
        Is asked first how to write an object: a dict with one key that begins with ``"$"``, or
        None.
    trusted : bool, optional
        True for what the grader sends in: texts stay whole, and the first part may be as large as
        the message.

    Returns
    -------
    bytes
        The message.

    Raises
    ------
    WireError
        If it is too large, too deep, or has too many items.

    Examples
    --------
    >>> decode(encode({"a": (1.5, np.eye(2))}, 10_000), 10_000)
    {'a': (1.5, array([[1., 0.],
           [0., 1.]]))}
    """
    writer = _Writer(largest, special, None if trusted else LONGEST_TEXT)
    tree = writer.write(value, 0)
    head = json.dumps(tree).encode()
    if len(head) > LARGEST_HEAD and not trusted:
        raise WireError(f"without its arrays it has {len(head):,} bytes, {_EXPECTED_HEAD}")
    message = b"".join([len(head).to_bytes(_HEAD, "big"), head, *writer.blocks])
    if len(message) > largest:
        raise WireError(f"it has {len(message):,} bytes, expected at most {largest:,}")
    return message


class _Writer:
    def __init__(
        self, largest: int, special: Callable[[Any], Any] | None, longest_text: int | None
    ) -> None:
        self.blocks: list[bytes] = []
        self.left, self.items, self.special = largest, MOST_ITEMS, special
        self.longest_text = longest_text

    def write(self, value: Any, depth: int) -> Any:
        self.items -= 1
        if depth > DEEPEST or self.items < 0:
            raise WireError("it is nested too deeply, or has too many items")
        if value is None or isinstance(value, bool):
            return value
        marked = self.special(value) if self.special is not None else None
        if marked is not None:
            ((key, inner),) = marked.items()
            return {key: self.write(inner, depth + 1)}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value), isinstance(value, np.generic))
        if isinstance(value, int):
            number = int(value)
            return number if abs(number) < 2**63 else {"$float": str(float(number))}
        if isinstance(value, float):
            real = float(value)
            return real if math.isfinite(real) else {"$float": str(real)}
        if isinstance(value, str):
            return str(value)[: self.longest_text]
        if isinstance(value, tuple):
            return {"$tuple": [self.write(item, depth + 1) for item in value]}
        if isinstance(value, list):
            return [self.write(item, depth + 1) for item in value]
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {"$dict": [[str(k), self.write(v, depth + 1)] for k, v in value.items()]}
        if hasattr(value, "detach"):
            return {"$tensor": self._array(np.asarray(value.detach().cpu().numpy()), False)}
        if hasattr(value, "__array__") and hasattr(value, "dtype"):  # such as TensorFlow's
            return self._array(np.asarray(value), False)
        return {"$object": type(value).__name__[:80]}

    def _array(self, array: np.ndarray[Any, Any], scalar: bool) -> Any:
        if array.dtype.kind not in _KINDS or array.dtype.itemsize > 16:
            return {"$object": "ndarray"}
        if array.nbytes > self.left:
            raise WireError(f"an array has {array.nbytes:,} bytes, expected at most {self.left:,}")
        self.left -= array.nbytes
        block = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        self.blocks.append(block.tobytes())
        kind = array.dtype.kind + str(array.dtype.itemsize)
        return {"$array": [kind, list(array.shape), array.nbytes, scalar]}


def decode(
    message: bytes,
    largest: int,
    special: Mapping[str, Callable[[Any], Any]] | None = None,
    trusted: bool = False,
) -> Any:
    """Read a message, without trusting whoever wrote it.

    Parameters
    ----------
    message : bytes
        As `encode` writes it.
    largest : int
        Bytes that it may have.
    special : mapping, optional
        For each mark that begins with ``"$"``, what to make of what stands behind it.
    trusted : bool, optional
        True for what the grader sent, as in `encode`.

    Returns
    -------
    object
        The value; tensors as `Tensor`, objects of other types as `Foreign`.

    Raises
    ------
    WireError
        If it is anything else than a message.
    """
    if len(message) > largest:
        raise WireError(f"it has {len(message):,} bytes, expected at most {largest:,}")
    size = int.from_bytes(message[:_HEAD], "big")
    if len(message) < _HEAD or size > len(message) - _HEAD:
        raise WireError("it ends too early")
    if size > LARGEST_HEAD and not trusted:
        raise WireError(f"without its arrays it has {size:,} bytes, {_EXPECTED_HEAD}")
    try:
        tree = json.loads(message[_HEAD : _HEAD + size].decode())
        longest = None if trusted else LONGEST_TEXT
        reader = _Reader(message, _HEAD + size, special or {}, longest)
        value = reader.read(tree, 0)
    except WireError:
        raise
    except (Exception, RecursionError, MemoryError) as error:
        raise WireError(f"it is not what it should be ({type(error).__name__})") from None
    if reader.offset != len(message):
        raise WireError("it goes on behind its end")
    return value


class _Reader:
    def __init__(
        self,
        message: bytes,
        offset: int,
        special: Mapping[str, Callable[[Any], Any]],
        longest_text: int | None,
    ) -> None:
        self.message, self.offset, self.special = message, offset, special
        self.items, self.longest_text = MOST_ITEMS, longest_text

    def read(self, tree: Any, depth: int) -> Any:
        self.items -= 1
        if depth > 2 * DEEPEST or self.items < 0:
            raise WireError("it is nested too deeply, or has too many items")
        if isinstance(tree, list):
            return [self.read(item, depth + 1) for item in tree]
        if not isinstance(tree, dict):
            return tree[: self.longest_text] if isinstance(tree, str) else tree
        ((mark, inner),) = tree.items()
        if mark in self.special:
            return self.special[mark](self.read(inner, depth + 1))
        if mark == "$tuple":
            return tuple(self.read(item, depth + 1) for item in inner)
        if mark == "$dict":
            return {str(key): self.read(item, depth + 1) for key, item in inner}
        if mark == "$float":
            return float(inner)
        if mark == "$array":
            return self._array(*inner)
        if mark == "$tensor":
            return Tensor(np.asarray(self._array(*inner["$array"])))
        if mark == "$object":
            return Foreign(str(inner))
        raise WireError("it has an unknown mark")

    def _array(self, kind: str, shape: list[int], size: int, scalar: bool) -> Any:
        if kind[:1] not in _KINDS or kind[1:] not in ("1", "2", "4", "8", "16"):
            raise WireError("an array is of an unknown kind")
        dtype = np.dtype(kind).newbyteorder("<")
        if len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise WireError("an array has an impossible shape")
        if math.prod(shape) * dtype.itemsize != size or size > len(self.message) - self.offset:
            raise WireError("an array has another size than it says")
        block = self.message[self.offset : self.offset + size]
        self.offset += size
        array = np.frombuffer(block, dtype).reshape(shape).astype(dtype.newbyteorder("="))
        return array[()] if scalar and array.ndim == 0 else array
