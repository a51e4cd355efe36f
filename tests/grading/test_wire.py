"""Messages from strangers: read as plain data, or refused in one sentence; nothing else."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from lstm_helpers.checks.form import is_tensor, to_array
from lstm_helpers.grading.wire import Tensor, WireError, decode, encode

LARGEST = 1_000_000
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = of_numpy.scalar_dtypes().filter(
    lambda dtype: dtype.kind in "biufc" and dtype.itemsize <= 16
)
ARRAYS = of_numpy.arrays(
    KINDS, of_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)


def equal(one, other):
    if isinstance(one, np.ndarray):
        return (one.shape, one.dtype) == (
            other.shape,
            other.dtype,
        ) and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and all(map(equal, one, other)) and len(one) == len(other)
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


@given(PLAIN)
def test_plain_data_come_back_as_they_were(value):
    assert equal(decode(encode(value, LARGEST), LARGEST), value)


@given(ARRAYS)
def test_arrays_come_back_bit_for_bit(array):
    array = array.astype(array.dtype.newbyteorder("="))
    assert equal(decode(encode(array, LARGEST), LARGEST), array)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(message):
    try:
        decode(message, LARGEST)
    except WireError:
        return


@given(ARRAYS, st.data())
def test_a_message_with_a_changed_byte_is_read_or_refused(array, data):
    message = bytearray(encode({"a": [array, "text"]}, LARGEST))
    place = data.draw(st.integers(0, len(message) - 1))
    message[place] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(message), LARGEST)
    except WireError:
        return


def written(tree, blocks=b""):
    head = json.dumps(tree).encode()
    return len(head).to_bytes(8, "big") + head + blocks


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "ends too early"),
        ((10**6).to_bytes(8, "big") + b"{}", "ends too early"),
        (written({"$array": ["f8", [2**39, 2**39], 8, False]}, b"8" * 8), "another size"),
        (written({"$array": ["f8", [-1], -8, False]}), "impossible shape"),
        (written({"$array": ["f8", [True], 8, False]}, b"8" * 8), "impossible shape"),
        (written({"$array": ["f8", [1] * 40, 8, False]}, b"8" * 8), "impossible shape"),
        (written({"$array": ["O8", [1], 8, False]}, b"8" * 8), "unknown kind"),
        (written({"$array": ["f8", [2], 16, False]}, b"8" * 8), "another size"),
        (written(1, b"more"), "goes on behind its end"),
        (written({"$pickle": "cos"}), "unknown mark"),
        (written({"a": 1, "b": 2}), "ValueError"),
        (written(eval("[" * 60 + "]" * 60)), "nested too deeply"),
        (b"\x00" * 7 + b"\xff" + b"[" * 255, "is not what it should be"),
    ],
)
def test_hostile_messages_are_refused(message, why):
    with pytest.raises(WireError, match=why):
        decode(message, LARGEST)


def test_sizes_are_bounded_on_both_sides():
    with pytest.raises(WireError, match="expected at most"):
        encode(np.zeros(1000), 100)
    with pytest.raises(WireError, match="expected at most"):
        decode(encode("x" * 1000, LARGEST), 100)
    loop = []
    loop.append(loop)
    with pytest.raises(WireError, match="nested too deeply"):
        encode(loop, LARGEST)


def test_objects_leave_only_the_name_of_their_type():
    class Evil:
        def __reduce__(self):
            return (print, ("pickled",))

    found = decode(encode([Evil(), np.array([None])], LARGEST), LARGEST)
    assert type(found[0]).__name__ == "Evil"
    assert to_array(found[0]) is None
    assert type(found[1]).__name__ == "ndarray"
    hostile = decode(written({"$object": "<script>"}), LARGEST)
    assert type(hostile).__name__ == "object"


def test_tensors_stay_tensors():
    tensor = decode(encode(Tensor(np.arange(3.0)), LARGEST), LARGEST)
    assert is_tensor(tensor)
    assert np.array_equal(to_array(tensor), np.arange(3.0))
    assert np.array_equal(np.asarray(tensor), np.arange(3.0))  # as diagnoses do
    assert np.array_equal(to_array([tensor, tensor]), [np.arange(3.0)] * 2)


def test_what_comes_out_is_cut_and_bounded_and_what_goes_in_is_whole():
    text, largest = "x" * 50_000, 20 * 2**20
    assert decode(encode(text, largest), largest) == text[:10_000]
    assert decode(encode(text, largest, trusted=True), largest) == text[:10_000]
    assert decode(encode(text, largest, trusted=True), largest, trusted=True) == text
    head = [text] * 100
    with pytest.raises(WireError, match="without its arrays it has"):
        decode(encode(head, largest, trusted=True), largest)
    with pytest.raises(WireError, match="without its arrays it has"):
        encode([text] * 500, largest)
    assert decode(encode(head, largest, trusted=True), largest, trusted=True) == head
    array = np.zeros(largest // 16)  # outside of the head
    assert np.array_equal(decode(encode(array, largest), largest), array)
