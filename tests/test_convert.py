"""Weights to PyTorch and back, the table behind it, and what is refused. Keras: test_parity.py.

PyTorch is imported by the tests and not here: only the worker that runs them has to wait for it.
"""

import re
import subprocess
import sys

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.convert import (
    CONVENTIONS,
    convention,
    from_torch,
    to_keras,
    to_torch,
    torch_module,
)

CELLS = ["rnn", "lstm", "gru"]
STACKS = [(layers, directions) for layers in (1, 3) for directions in (1, 2)]
D, H = 3, 4


def stack(cell, layers=1, directions=1, precision="float64", sizes=(D, H), seed=0):
    params = nn.init_stack(cell, *sizes, np.random.default_rng(seed), layers, directions == 2)
    return tuple(
        tuple(type(one)(*(array.astype(precision) for array in one)) for one in both)
        for both in params
    )


def assert_same(ours, theirs):
    """Bit for bit, kinds and precision too."""
    assert [len(both) for both in ours] == [len(both) for both in theirs]
    for both, others in zip(ours, theirs, strict=True):
        for one, other in zip(both, others, strict=True):
            assert type(one) is type(other)
            for array, same in zip(one, other, strict=True):
                assert array.dtype == same.dtype
                assert np.array_equal(array, same)


def with_changed(params, layer, direction, **arrays):
    """Replace arrays in one place of a stack."""
    rows = [list(both) for both in params]
    rows[layer][direction] = rows[layer][direction]._replace(**arrays)
    return tuple(tuple(both) for both in rows)


def framework(kind, *sizes, **settings):
    """Make one of PyTorch's modules, on numbers that are the same in every run."""
    import torch

    torch.manual_seed(0)
    if "dtype" in settings:
        settings["dtype"] = getattr(torch, settings["dtype"])
    return getattr(torch.nn, kind)(*sizes, **settings)


# The table


def test_the_table_has_each_cell_in_each_library_once_and_prints():
    pairs = [(row.library, row.cell) for row in CONVENTIONS]
    assert len(pairs) == len(set(pairs)) == 9
    text = str(convention("Keras", "gru"))
    assert re.findall(r"\S+", text)[:5] == ["Keras", "keras.layers.GRU", "z", "r", "n"]
    assert text.endswith("kernel (D, 3H)  recurrent_kernel (H, 3H)  bias (2, 3H)")


@pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: f"{row.library}-{row.cell}")
def test_the_table_names_the_arrays_that_there_are(row):
    sizes = {"D": D, "H": H, "3H": 3 * H, "4H": 4 * H, "2": 2}
    expected = {name: tuple(sizes[letter] for letter in shape) for name, shape in row.arrays}
    params = stack(row.cell)
    if row.library == "NumPy":
        found = {name: array.shape for name, array in params[0][0]._asdict().items()}
    elif row.library == "PyTorch":
        module = framework(row.layer.removeprefix("torch.nn."), D, H)
        found = {name.removesuffix("_l0"): p.shape for name, p in module.named_parameters()}
    else:
        found = dict(zip(expected, (a.shape for a in to_keras(row.cell, params)[0]), strict=True))
    assert found == expected


def test_columns_go_where_each_library_wants_them():
    """Every entry is told from every other, so that no swap of gates or axes goes unseen."""
    W_x, W_h = np.arange(D * 4.0 * H).reshape(D, 4 * H), np.arange(H * 4.0 * H).reshape(H, 4 * H)
    b = np.arange(4.0 * H)
    arrays = to_torch("lstm", ((nn.LSTMParams(W_x, W_h, b),),))
    assert list(arrays) == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    for array, expected in zip(arrays.values(), (W_x.T, W_h.T, b, 0 * b), strict=True):
        np.testing.assert_array_equal(array, expected)
    ((kernel, recurrent, bias),) = to_keras("lstm", ((nn.LSTMParams(W_x, W_h, b),),))
    for array, expected in zip((kernel, recurrent, bias), (W_x, W_h, b), strict=True):
        np.testing.assert_array_equal(array, expected)

    r, z, n = (np.arange(D * H).reshape(D, H) + 100.0 * k for k in range(3))
    square = np.hstack((r, z, n))[[0, 1, 2, 0]]
    b_x, b_h = np.arange(3.0 * H), -np.arange(3.0 * H)
    gru = nn.GRUParams(np.hstack((r, z, n)), square, b_x, b_h)
    arrays = to_torch("gru", ((gru,),))
    for array, expected in zip(arrays.values(), (gru.W_x.T, square.T, b_x, b_h), strict=True):
        np.testing.assert_array_equal(array, expected)
    ((kernel, recurrent, bias),) = to_keras("gru", ((gru,),))
    np.testing.assert_array_equal(kernel, np.hstack((z, r, n)))
    np.testing.assert_array_equal(recurrent, np.hstack((z, r, n))[[0, 1, 2, 0]])
    zrn = [*range(H, 2 * H), *range(H), *range(2 * H, 3 * H)]
    np.testing.assert_array_equal(bias, [b_x[zrn], b_h[zrn]])


def test_a_bidirectional_layer_is_six_arrays_for_keras_and_reverse_for_pytorch():
    params = stack("lstm", 2, 2)
    names = list(to_torch("lstm", params))
    assert names[4:8] == [name + "_reverse" for name in names[:4]]
    assert names[8:12] == [name.replace("l0", "l1") for name in names[:4]]
    assert [len(arrays) for arrays in to_keras("lstm", params)] == [6, 6]
    np.testing.assert_array_equal(to_keras("lstm", params)[1][3], params[1][1].W_x)


# There and back


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("layers", "directions"), STACKS)
@pytest.mark.parametrize("cell", CELLS)
def test_numpy_to_pytorch_and_back_changes_no_bit(cell, layers, directions, precision):
    params = stack(cell, layers, directions, precision)
    module = torch_module(cell, params)
    assert {str(p.dtype) for p in module.parameters()} == {f"torch.{precision}"}
    name, back = from_torch(module)
    assert name == cell
    assert_same(params, back)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("layers", "directions"), STACKS)
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_pytorch_to_numpy_and_back_keeps_matrices_and_the_sum_of_biases(
    kind, layers, directions, precision
):
    module = framework(kind, D, H, layers, bidirectional=directions == 2, dtype=precision)
    theirs = {name: p.detach().numpy() for name, p in module.named_parameters()}
    back = to_torch(*from_torch(module))
    assert list(back) == list(theirs)
    for name, array in theirs.items():
        second = name.replace("bias_ih", "bias_hh")
        if name.startswith("weight") or kind == "GRU":
            assert np.array_equal(array, back[name])
        elif name.startswith("bias_ih"):
            assert np.array_equal(array + theirs[second], back[name])
            assert not back[second].any()
        assert array.dtype == back[name].dtype


def test_random_sizes_go_there_and_back():
    rng = np.random.default_rng(5)
    for draw in range(30):
        cell = CELLS[draw % 3]
        sizes, (layers, directions) = rng.integers(1, 9, 2), rng.integers(1, [5, 3])
        params = stack(cell, int(layers), int(directions), sizes=tuple(map(int, sizes)), seed=draw)
        assert_same(params, from_torch(torch_module(cell, params))[1])


def test_nothing_is_changed_and_nothing_is_shared():
    import torch

    params = stack("gru", 2, 2)
    before = [array.copy() for both in params for one in both for array in one]
    ours = [array for both in params for one in both for array in one]
    for arrays in (to_torch("gru", params).values(), *to_keras("gru", params)):
        for array in arrays:
            assert array.flags.writeable
            assert not any(np.shares_memory(array, own) for own in ours)
            array += 1.0
    module = torch_module("gru", params)
    _, read = from_torch(module)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1.0)
    assert_same(params, read)
    for array, then in zip(ours, before, strict=True):
        np.testing.assert_array_equal(array, then)


def test_transposed_views_and_read_only_arrays_are_welcome():
    (weights,) = stack("lstm")[0]
    odd = nn.LSTMParams(np.asfortranarray(weights.W_x), weights.W_h[::-1][::-1], weights.b.copy())
    odd.b.setflags(write=False)
    assert_same(((weights,),), from_torch(torch_module("lstm", ((odd,),)))[1])


# Modules


def test_a_module_is_built_as_asked_and_leaves_the_random_numbers_alone():
    import torch

    params = stack("lstm", 2, 2)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    module = torch_module("lstm", params, batch_first=False, dtype="float32")
    assert torch.equal(torch.rand(3), expected)
    assert module.weight_ih_l1_reverse.dtype == torch.float32
    outputs, (h_n, _) = module(torch.ones(5, 2, D))
    assert outputs.shape == (5, 2, 2 * H)
    assert h_n.shape == (4, 2, H)
    batch_first, _ = torch_module("lstm", params, dtype="float32")(torch.ones(2, 5, D))
    torch.testing.assert_close(batch_first, outputs.transpose(0, 1))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_module_without_biases_gets_zeros(kind):
    import torch

    module = framework(kind, D, H, 2, bias=False, batch_first=True, dtype="float64")
    cell, params = from_torch(module)
    assert all(not bias.any() for both in params for bias in both[0][2:])
    xs = torch.linspace(-1, 1, 2 * 5 * D, dtype=torch.float64).reshape(2, 5, D)
    np.testing.assert_allclose(
        nn.stack_forward(cell, xs.numpy(), params)[0], module(xs)[0].detach().numpy(), atol=1e-14
    )


def test_importing_convert_loads_no_framework():
    program = (
        "import sys, lstm_helpers.convert\n"
        "print([name for name in ('torch', 'keras', 'tensorflow') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


# What is refused


@pytest.mark.parametrize(
    ("kind", "settings", "error", "message"),
    [
        ("Linear", {}, TypeError, "got torch.nn.modules.linear.Linear; expected one of torch.nn.R"),
        ("LSTMCell", {}, TypeError, "LSTMCell; expected .* pass the recurrent module alone"),
        ("LSTM", {"proj_size": 2}, ValueError, "torch.nn.LSTM with proj_size=2 .* proj_size=0"),
        ("RNN", {"nonlinearity": "relu"}, ValueError, "nonlinearity='relu' .* expected .*'tanh'"),
        ("GRU", {"dtype": "bfloat16"}, ValueError, "weight_ih_l0 .* is bfloat16; .* module.float"),
    ],
)
def test_other_modules_are_refused_by_name(kind, settings, error, message):
    module = framework(kind, 3, 4, **settings)
    with pytest.raises(error, match=message):
        from_torch(module)


def test_a_state_dict_is_no_module():
    with pytest.raises(TypeError, match=r"got collections.OrderedDict; expected one of torch.nn"):
        from_torch(framework("LSTM", 3, 4).state_dict())


@pytest.mark.parametrize("convert", [to_torch, to_keras, torch_module])
def test_an_unknown_cell_is_refused(convert):
    for cell in ("LSTM", "peephole"):
        with pytest.raises(ValueError, match=rf"got cell='{cell}'; expected one of \['rnn', 'lstm"):
            convert(cell, stack("lstm"))


def test_an_unknown_library_or_precision_is_refused():
    with pytest.raises(ValueError, match=r"got library='JAX'; expected one of \['NumPy'"):
        convention("JAX", "lstm")
    with pytest.raises(ValueError, match=r"got dtype=<class 'float'>; expected \"float32\", \"fl"):
        torch_module("lstm", stack("lstm"), dtype=float)


LAYER = stack("lstm")[0][0]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (LAYER, TypeError, r"got LSTMParams as params; expected params\[layer\]\[direction\]"),
        ({"W_x": 1}, TypeError, "got dict as params"),
        ((LAYER,), TypeError, r"got LSTMParams as layer 0 .* write \(weights,\)"),
        ((), ValueError, "without a layer; expected at least one"),
        (((LAYER,) * 3,), ValueError, "layer 0 has 3 directions; expected 1 or 2"),
        (((LAYER,) * 2, (LAYER,)), ValueError, r"layer 1 has 1 direction\(s\), layer 0 has 2"),
        (((tuple(LAYER),),), TypeError, "layer 0 is tuple; expected LSTMParams for the cell"),
        (stack("gru"), TypeError, "layer 0 is GRUParams; expected LSTMParams for the cell 'lstm'"),
        (
            with_changed(stack("lstm", 2, 2), 1, 1, b=[0.0] * 16),
            TypeError,
            r"b of layer 1, backward is list; expected .* \(of a tensor: .detach\(\).numpy\(\)",
        ),
        (
            with_changed(stack("lstm"), 0, 0, b=np.zeros(16, dtype=np.float32)),
            ValueError,
            "b of layer 0 has the precision float32; expected .* the same in every array",
        ),
        (
            with_changed(stack("lstm"), 0, 0, W_x=np.ones((3, 16), dtype=int)),
            ValueError,
            "W_x of layer 0 has the precision int64; expected float32 or float64",
        ),
    ],
)
@pytest.mark.parametrize("convert", [to_torch, to_keras])
def test_what_is_not_a_stack_is_refused(convert, params, error, message):
    with pytest.raises(error, match=message):
        convert("lstm", params)


@pytest.mark.parametrize(
    ("cell", "place", "array", "shape", "expected"),
    [
        ("lstm", (0, 0), "W_x", (3, 12), "(D, 16), which is (D, 4H)"),
        ("lstm", (0, 0), "W_x", (16,), "(D, 16), which is (D, 4H)"),
        ("lstm", (0, 0), "W_h", (3, 16), "(4, 16), which is (H, 4H)"),
        ("lstm", (0, 0), "b", (4,), "(16,), which is (4H,)"),
        ("lstm", (0, 0), "b", (1, 16), "(16,), which is (4H,)"),
        ("lstm", (0, 1), "W_x", (5, 16), "(3, 16), which is (D, 4H)"),
        ("lstm", (1, 0), "W_x", (4, 16), "(8, 16), which is (D, 4H)"),
        ("lstm", (1, 1), "W_h", (5, 20), "(4, 16), which is (H, 4H)"),
        ("rnn", (0, 0), "W_h", (5, 5), "(4, 4), which is (H, H)"),
        ("rnn", (0, 0), "b", (16,), "(4,), which is (H,)"),
        ("gru", (1, 1), "b_h", (4,), "(12,), which is (3H,)"),
        ("gru", (1, 0), "b_x", (2, 12), "(12,), which is (3H,)"),
    ],
)
@pytest.mark.parametrize("convert", [to_torch, to_keras])
def test_a_wrong_shape_is_refused_with_what_it_is_and_what_it_should_be(
    convert, cell, place, array, shape, expected
):
    params = with_changed(stack(cell, 2, 2), *place, **{array: np.ones(shape)})
    where = f"layer {place[0]}{', backward' * place[1]}"
    wanted = f"{array} of {where} has the shape {shape}; expected {expected} with H = 4"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        convert(cell, params)


# The W_h of a plain RNN is square: nobody can tell.
@pytest.mark.parametrize(
    ("cell", "array"),
    [("rnn", "W_x"), ("lstm", "W_x"), ("lstm", "W_h"), ("gru", "W_x"), ("gru", "W_h")],
)
@pytest.mark.parametrize(("layer", "direction"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_transposed_matrix_is_called_that(cell, array, layer, direction):
    params = stack(cell, 2, 2)
    matrix = getattr(params[layer][direction], array)
    params = with_changed(params, layer, direction, **{array: matrix.T})
    with pytest.raises(ValueError, match=rf"^{array} of layer {layer}.* looks transposed: pass"):
        to_torch(cell, params)
