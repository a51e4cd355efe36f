"""Submissions that try to fool, harm or break the grader, each with the marks that it deserves.

After BUGS in public graders and beyond. Each is a wrong answer with something beside it, unless it
says otherwise: `deserves` names the exercises whose points it should get.
"""

import json
from dataclasses import dataclass, field

RIGHT = {
    "sigmoid": """
import numpy as np
def sigmoid(x):
    x = np.asarray(x, dtype=float)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
""",
    "lstm_gates": """
import numpy as np
def lstm_gates(x, h_prev, W_x, W_h, b):
    z = x @ W_x + h_prev @ W_h + b
    H = h_prev.shape[-1]
    s = lambda v: 1 / (1 + np.exp(-v))
    return s(z[:, :H]), s(z[:, H:2*H]), np.tanh(z[:, 2*H:3*H]), s(z[:, 3*H:])
""",
    "update_cell": """
def update_cell(c_prev, i, f, g):
    return f * c_prev + i * g
""",
    "lstm_step": """
import numpy as np
def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h_prev, W_x, W_h, b)
    c = update_cell(c_prev, i, f, g)
    return o * np.tanh(c), c
""",
    "count_parameters": """
def count_parameters(input_size, hidden_size, bias_vectors=1):
    return 4 * hidden_size * (input_size + hidden_size + bias_vectors)
""",
}
WRONG = "def update_cell(c_prev, i, f, g):\n    return c_prev + i * g\n"


def cell(source, exercise=None, **metadata):
    course = {"lstm_helpers": {"exercise": exercise}} if exercise else {}
    return {
        "cell_type": "code",
        "metadata": {**course, **metadata},
        "source": source,
        "outputs": [],
        "execution_count": None,
        "id": "c" + str(abs(hash(source)) % 10**7),
    }


def notebook(*cells, number="03", **more):
    return json.dumps(
        {
            "cells": [c if isinstance(c, dict) else cell(c) for c in cells],
            "metadata": {"lstm_helpers": {"number": number, "title": "The cell", "minutes": 90}},
            "nbformat": 4,
            "nbformat_minor": 5,
            **more,
        }
    ).encode()


@dataclass(frozen=True)
class Attack:
    """A submission and what it deserves."""

    name: str
    content: bytes
    deserves: frozenset = field(default_factory=frozenset)
    lesson: str = "03"


def attack(name, *cells, deserves=(), **more):
    return Attack(name, notebook(*cells, **more), frozenset(deserves))


def body(name, lines, arguments="c_prev, i, f, g"):
    """An answer `update_cell` with these lines as its body, and a wrong result in the end."""
    return attack(
        name, f"def update_cell({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    )


FORGED = [
    attack(
        "equal to everything",
        """
class Equal:
    shape = (1,); dtype = float; ndim = 1
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array__(self, *a, **k): raise SystemExit(0)
def update_cell(c_prev, i, f, g): return Equal()
""",
    ),
    attack(
        "array class that is always close",
        """
import numpy as np
class Close(np.ndarray):
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return np.zeros(1)
def update_cell(c_prev, i, f, g): return np.zeros_like(c_prev).view(Close)
""",
    ),
    attack(
        "patched numpy",
        """
import numpy as np
def update_cell(c_prev, i, f, g):
    np.allclose = np.array_equal = lambda *a, **k: True
    np.testing.assert_allclose = lambda *a, **k: None
    return c_prev
""",
    ),
    attack(
        "patched time and signal",
        """
import time, signal
def update_cell(c_prev, i, f, g):
    time.monotonic = lambda: 0.0
    signal.setitimer = lambda *a: (0, 0)
    return c_prev
""",
    ),
    attack("input transformers", "%load_ext autoreload\nimport IPython\n" + WRONG),
    attack(
        "printed score", WRONG, 'print(\'{"update_cell": 1, "points": 1, "status": "passed"}\')'
    ),
    body("exit 0", ["import sys", "sys.exit(0)"]),
    body("os exit 0", ["import os", "os._exit(0)"]),
    attack(
        "exit at definition",
        "import os\ndef f(): os._exit(0)\nclass A:\n    x = f()\n"
        + WRONG
        + "def g(a=A): pass\nupdate_cell.__doc__ = ''\n",
    ),
    body(
        "walks the stack for expected values",
        [
            "import sys, numpy as np",
            "frame = sys._getframe()",
            "while frame is not None:",
            "    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):",
            "        if getattr(value, 'shape', None) == c_prev.shape and value is not c_prev:",
            "            return np.array(value)",
            "    frame = frame.f_back",
            "return c_prev",
        ],
    ),
    body(
        "asks gc for expected values",
        [
            "import gc, numpy as np",
            "for value in gc.get_objects():",
            "    if isinstance(value, dict):",
            "        for key in ('expected', 'right', 'reference'):",
            "            if key in value: return value[key]",
            "return c_prev",
        ],
    ),
    attack("imports the reference", "from lstm_helpers.nn import update_cell\n"),
    attack(
        "imports the reference late",
        """
def update_cell(c_prev, i, f, g):
    from lstm_helpers import nn
    return nn.update_cell(c_prev, i, f, g)
""",
    ),
    attack(
        "imports the whole step",
        """
def update_cell(c_prev, i, f, g):
    from lstm_helpers.nn.lstm import lstm_step_cached
    return lstm_step_cached(c_prev, i, f, g)
""",
    ),
    attack(
        "asks the judge for its reference",
        """
def update_cell(c_prev, i, f, g):
    from lstm_helpers.exercises import EXERCISES
    return EXERCISES['update_cell'].reference(c_prev, i, f, g)
""",
    ),
    attack(
        "loads the package from disk",
        """
def update_cell(c_prev, i, f, g):
    import glob, importlib.util, sys
    for place in sys.path + ['/', '/work', '/home', '/usr', '/usr/lib/python3/dist-packages']:
        for path in glob.glob(place + '/*/nn/lstm.py') + glob.glob(place + '/nn/lstm.py'):
            spec = importlib.util.spec_from_file_location('stolen', path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.update_cell(c_prev, i, f, g)
    return c_prev
""",
    ),
    attack(
        "reads solutions from disk",
        """
def update_cell(c_prev, i, f, g):
    import os, re
    for root, folders, files in os.walk('/'):
        folders[:] = [d for d in folders if d not in ('proc', 'sys', 'dev', 'torch', 'tensorflow')]
        if root.count('/') > 4:
            folders[:] = []
        for file in files:
            if file.startswith('03_') and file.endswith('.ipynb'):
                space = {}
                text = open(os.path.join(root, file)).read()
                exec(re.search(r'def update_cell.*?(?=def )', text)[0], space)
                return space['update_cell'](c_prev, i, f, g)
    return c_prev
""",
    ),
    attack(
        "gift of a later exercise",
        """
def update_cell(c_prev, i, f, g):
    import os, pickle
    if os.path.exists('/tmp/gift'):
        return pickle.load(open('/tmp/gift', 'rb'))(c_prev, i, f, g)
    return c_prev
def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    open('/tmp/gift', 'wb').write(b'x')
    return h_prev, c_prev
""",
    ),
    attack(
        "hard-coded answer",
        """
import numpy as np
def update_cell(c_prev, i, f, g):
    return {(3, 4): np.full((3, 4), 0.5), (2, 3): np.full((2, 3), 0.25)}.get(c_prev.shape, c_prev)
""",
    ),
    attack(
        "reads globals instead of arguments",
        "c_prev = i = f = g = 1.0\ndef update_cell(*args):\n    return f * c_prev + i * g\n",
    ),
    attack(
        "shadow modules",
        "import sys, types\nnumpy = types.ModuleType('numpy')\n"
        "sys.modules['numpy'] = numpy\n" + WRONG,
    ),
    attack(
        "edited metadata",
        cell(
            WRONG,
            "update_cell",
            nbgrader={
                "grade": True,
                "points": 100,
                "grade_id": "update_cell",
                "schema_version": 3,
                "solution": True,
                "locked": False,
            },
        ),
    ),
    attack(
        "renamed cells",
        cell(WRONG, "lstm_step"),
        cell(RIGHT["count_parameters"], "update_cell"),
        deserves=["count_parameters"],
    ),
    attack(
        "stale outputs",
        {
            **cell(WRONG),
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["update_cell: passed"]}
            ],
        },
    ),
    attack("another lesson in its metadata", RIGHT["sigmoid"], number="00"),
    attack(
        "forged reply on every descriptor",
        """
import os, json
def forge():
    head = json.dumps({"$dict": [["notes", []], ["type", "function"], ["callable", True],
        ["signature", None], ["blank", False], ["outcomes", []]]}).encode()
    message = len(head).to_bytes(8, 'big') + head
    for stream in range(3, 64):
        try:
            os.write(stream, len(message).to_bytes(8, 'big') + message)
        except OSError:
            pass
def update_cell(c_prev, i, f, g):
    forge()
    os._exit(0)
""",
    ),
    attack(
        "patched worker",
        """
def update_cell(c_prev, i, f, g):
    import sys
    for name, module in list(sys.modules.items()):
        if name.startswith('lstm_helpers'):
            for key in list(vars(module)):
                if key in ('run_all', '_told', 'encode', 'same', 'decode'):
                    setattr(module, key, lambda *a, **k: b'')
    return c_prev
""",
    ),
    attack(
        "poisoned pickle",
        """
class Poison:
    def __reduce__(self):
        import os
        return (os.system, ('touch /tmp/poisoned',))
def update_cell(c_prev, i, f, g): return Poison()
""",
    ),
    attack(
        "object array",
        """
import numpy as np
def update_cell(c_prev, i, f, g):
    class Any:
        def __eq__(self, other): return True
        def __float__(self): return 0.0
    return np.array([[Any()] * c_prev.shape[1]] * c_prev.shape[0], dtype=object)
""",
    ),
    body("empty array", ["import numpy as np", "return np.empty((0,) + c_prev.shape)"]),
    body("all NaN", ["return c_prev * float('nan')"]),
    body("infinite", ["return c_prev + float('inf')"]),
    body("complex", ["return f * c_prev + i * g + 1j"]),
    body("text", ["return 'passed'"]),
    body("true", ["return True"]),
    attack(
        "plain that forges",
        """
class Made:
    def plain(self): return [[0.0]]
def update_cell(c_prev, i, f, g): return Made()
""",
    ),
    attack(
        "own NotImplementedError",
        "def update_cell(c_prev, i, f, g):\n    raise NotImplementedError\n",
    ),
]

HARM = [
    body(
        "writes everywhere",
        [
            "import os",
            "for place in ('/', '/usr', '/root', '/home', '/etc', '/work', os.environ['HOME']):",
            "    for root, folders, files in os.walk(place):",
            "        try:",
            "            open(os.path.join(root, 'CANARY-WAS-HERE'), 'w').write('x')",
            "        except OSError: pass",
            "        break",
            "return c_prev",
        ],
    ),
    body(
        "uses the network",
        [
            "import socket",
            "for address in (('127.0.0.1', 22), ('1.1.1.1', 53)):",
            "    try: socket.create_connection(address, 0.2).send(b'x'); return f * c_prev + i * g",
            "    except OSError: pass",
            "return c_prev",
        ],
    ),
    body(
        "reads the environment",
        [
            "import os",
            "return f * c_prev + i * g if 'CANARY' in os.environ else c_prev",
        ],
    ),
    attack(
        "hands the course's answers on in a keyring",
        """
import ctypes, sys
def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    text = "".join(sys.meta_path[0].sources.values()).encode()[:20000]
    ctypes.CDLL(None).syscall(248, b"user", b"gift", text, len(text), -3)
    return h_prev, c_prev
def update_cell(c_prev, i, f, g):
    libc = ctypes.CDLL(None)
    libc.syscall.restype = ctypes.c_long
    text = ctypes.create_string_buffer(20000)
    length = libc.syscall(250, 11, libc.syscall(250, 10, -3, b"user", b"gift", 0), text, 20000)
    names = {}
    exec(text.raw[:max(length, 0)].decode(), names)
    return names["update_cell"](c_prev, i, f, g)
""",
    ),
    body(
        "takes memory that no process maps",
        [
            "import os",
            "for k in range(60):",
            "    file = os.memfd_create('x')",
            "    for m in range(15): os.write(file, bytes(2**20))",
            "return f * c_prev + i * g",
        ],
    ),
    body(
        "makes itself root of a namespace",
        [
            "import ctypes",
            "if ctypes.CDLL(None).unshare(0x10000000): raise OSError('refused')",
            "return f * c_prev + i * g",
        ],
    ),
    body(
        "leaves a process",
        [
            "import os, time",
            "if os.fork() == 0:",
            "    os.setsid()",
            "    if os.fork() == 0:",
            "        time.sleep(600)",
            "    os._exit(0)",
            "return c_prev",
        ],
    ),
    body(
        "kills all it can",
        [
            "import os, signal",
            "for pid in (os.getppid(), 1, -1):",
            "    try: os.kill(pid, signal.SIGKILL)",
            "    except OSError: pass",
            "return c_prev",
        ],
    ),
    body(
        "stops its parent",
        [
            "import os, signal",
            "try: os.kill(os.getppid(), signal.SIGSTOP)",
            "except OSError: pass",
            "return c_prev",
        ],
    ),
    attack(
        "script in its names and errors",
        """
def update_cell(c_prev, i, f, g):
    raise ValueError('<script>document.title = "hacked"</script>\\x1b[31m=cmd|1')
""",
    ),
]

ODD = {
    "cells": [
        *(None, 3, "x", [], {"cell_type": "code"}, {"cell_type": "code", "source": 7}),
        {"cell_type": ["code"], "source": {}},
        {"cell_type": "code", "metadata": 4, "source": RIGHT["update_cell"]},
    ],
    "metadata": [],
}

BREAK = [
    body("endless loop", ["while True: pass"]),
    body(
        "endless loop that catches",
        ["while True:", "    try:", "        while True: pass", "    except BaseException: pass"],
    ),
    body("sleeps in C", ["import ctypes", "ctypes.CDLL(None).sleep(600)", "return c_prev"]),
    body(
        "blocks signals",
        [
            "import signal",
            "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))",
            "while True: pass",
        ],
    ),
    body("memory bomb", ["x = []", "while True: x.append(bytearray(10**8))"]),
    body(
        "fork bomb", ["import os", "while True:", "    try: os.fork()", "    except OSError: pass"]
    ),
    body(
        "thread bomb",
        [
            "import threading, time",
            "while True:",
            "    try: threading.Thread(target=time.sleep, args=(600,)).start()",
            "    except RuntimeError: break",
            "return c_prev",
        ],
    ),
    body(
        "output flood",
        ["import sys", "for k in range(10**6): sys.stdout.write('x' * 1000)", "return c_prev"],
    ),
    body(
        "flood of the reply",
        [
            "import os",
            "while True:",
            "    for s in range(3, 20):",
            "        try: os.write(s, b'x' * 10**6)",
            "        except OSError: pass",
        ],
    ),
    body(
        "fills the disk",
        [
            "import os",
            "with open('/tmp/x', 'wb') as file:",
            "    while True: file.write(b'x' * 10**6)",
        ],
    ),
    body("deep recursion", ["return update_cell(c_prev, i, f, g)"]),
    body(
        "recursion in C",
        [
            "import sys",
            "sys.setrecursionlimit(10**9)",
            "def down(): return down()",
            "return down()",
        ],
    ),
    body("segmentation fault", ["import ctypes", "return ctypes.string_at(0)"]),
    body(
        "giant array",
        ["import numpy as np", "return np.broadcast_to(c_prev, (10**9,) + c_prev.shape)"],
    ),
    body("large array", ["import numpy as np", "return np.zeros(10**8, dtype=np.int8)"]),
    body("deep list", ["x = []", "for k in range(10**5): x = [x]", "return x"]),
    body("list in itself", ["x = []", "x.append(x)", "return x"]),
    body("endless generator", ["import itertools", "return itertools.count()"]),
    attack(
        "endless loop at definition",
        "def forever():\n    while True: pass\n@lambda f: forever()\n" + WRONG,
    ),
    attack(
        "cell that is not Python",
        "this is not python at all",
        cell("def update_cell(:\n", "update_cell"),
        RIGHT["count_parameters"],
        deserves=["count_parameters"],
    ),
    Attack(
        "nested brackets",
        notebook("x = " + "(" * 50_000 + ")" * 50_000, RIGHT["update_cell"]),
        frozenset(["update_cell"]),
    ),
    Attack("null bytes", notebook("x = 1\x00", RIGHT["update_cell"]), frozenset(["update_cell"])),
    Attack("not JSON", b"{"),
    Attack("not a notebook", b"[1, 2, 3]"),
    Attack("empty", b""),
    Attack("bad encoding", b"\xff\xfe\x00"),
    Attack("deep JSON", b"[" * 200_000 + b"]" * 200_000),
    Attack("odd cells", json.dumps(ODD).encode(), frozenset(["update_cell"])),
    Attack(
        "another version",
        json.dumps(
            {
                "nbformat": 3,
                "worksheets": [{"cells": [{"cell_type": "code", "input": RIGHT["update_cell"]}]}],
            }
        ).encode(),
        frozenset(["update_cell"]),
    ),
]

# Right answers that look odd: none may lose a point.
HONEST = [
    attack(
        "prints, warns and plots",
        """
import warnings, sys
def update_cell(c_prev, i, f, g):
    print('here'); print('there', file=sys.stderr); warnings.warn('mind the gap')
    return f * c_prev + i * g
import matplotlib.pyplot as plt
plt.plot([1, 2])
""",
        deserves=["update_cell"],
    ),
    attack("defined twice", WRONG, RIGHT["update_cell"], deserves=["update_cell"]),
    attack(
        "helpers in other cells",
        "K = 1.0\ndef gated(a, b): return a * b * K\n",
        "def update_cell(c_prev, i, f, g): return gated(f, c_prev) + gated(i, g)\n",
        deserves=["update_cell"],
    ),
    attack(
        "magics",
        "%%time\n" + RIGHT["update_cell"],
        "!ls\n%matplotlib inline\n" + RIGHT["count_parameters"],
        deserves=["update_cell", "count_parameters"],
    ),
    attack(
        "follow-through",
        RIGHT["lstm_step"],
        "def lstm_gates(*a): return None\n",
        deserves=["lstm_step"],
    ),
    attack(
        "a step of its own",
        """
import numpy as np
def lstm_gates(x, h_prev, W_x, W_h, b):
    z = x @ W_x + h_prev @ W_h + b
    i, f, g, o = np.split(z, 4, axis=1)
    s = lambda v: 1 / (1 + np.exp(-v))
    return dict(i=s(i), f=s(f), g=np.tanh(g), o=s(o))
def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    k = lstm_gates(x, h_prev, W_x, W_h, b)
    c = k['f'] * c_prev + k['i'] * k['g']
    return k['o'] * np.tanh(c), c
""",
        deserves=["lstm_step"],
    ),
    attack(
        "a list instead of an array",
        """
def update_cell(c_prev, i, f, g):
    return (f * c_prev + i * g).tolist()
""",
        deserves=["update_cell"],
    ),
    attack(
        "everything right",
        *RIGHT.values(),
        deserves=["lstm_gates", "update_cell", "lstm_step", "count_parameters"],
    ),
]

ATTACKS = [*FORGED, *HARM, *BREAK, *HONEST]
