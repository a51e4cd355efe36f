"""What the kernel refuses to what runs in a sandbox, and what it still allows."""

import ctypes
import errno
import json
import os
import platform
import struct

import pytest

from lstm_helpers.grading import sandbox as sandbox_module
from lstm_helpers.grading.sandbox import Limits, Sandbox
from lstm_helpers.grading.seccomp import PROCESSORS, seccomp_program

JOIN, CLEAR, SEARCH, SESSION = 1, 7, 10, -3  # of keyctl
ALLOWED, KILLED, REFUSED = 0x7FFF0000, 0x80000000, 0x50000 | errno.ENOSYS
CLONE_NEWUSER, SIGCHLD = 0x10000000, 17


def inside(source: str) -> dict:
    """Run Python in a sandbox; return what it puts into `found`."""
    code = (
        "import json, os, sys\nfound = {}\n" + source + "\nm = json.dumps(found).encode()\n"
        "sys.stdout.buffer.write(len(m).to_bytes(8, 'big') + m)\nsys.stdout.flush()\n"
    ).encode()
    reply = Sandbox().run(b"%d\n" % len(code) + code, Limits())
    assert reply.end == "message", reply
    return json.loads(reply.message)


def judged(program: bytes, number: int, architecture: int, argument: int = 0) -> int:
    """Run a filter as the kernel does; return its verdict."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, argument, *[0] * 5)
    at, value = 0, 0
    while True:
        code, if_true, if_false, k = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        if code == 0x06:
            return k
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, k)
            continue
        holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[code]
        at += if_true if holds else if_false


@pytest.mark.parametrize("machine", PROCESSORS)
def test_the_filter_refuses_what_it_names_and_nothing_else(machine):
    program, processor = seccomp_program(machine), PROCESSORS[machine]
    for number in range(600):
        verdict = judged(program, number, processor.architecture)
        assert verdict == (REFUSED if number in processor.refused else ALLOWED), number
    for number, argument, verdict in (
        (processor.clone, SIGCHLD, ALLOWED),
        (processor.clone, SIGCHLD | CLONE_NEWUSER, REFUSED),
        (processor.clone, SIGCHLD | 0x00020000, REFUSED),  # CLONE_NEWNS
        (processor.socket, 1, ALLOWED),
        (processor.socket, 16, ALLOWED),
        (processor.socket, 40, REFUSED),  # to the host of a virtual machine
        (processor.highest + 1, 0, REFUSED),
    ):
        assert judged(program, number, processor.architecture, argument) == verdict
    assert judged(program, 0, 0x40000003) == KILLED  # calls of 32 bits have other numbers


def test_a_processor_that_is_not_known_has_no_sandbox(monkeypatch):
    with pytest.raises(LookupError, match="got the processor 'vax'; expected one of x86_64"):
        seccomp_program("vax")
    monkeypatch.setattr("lstm_helpers.grading.seccomp.platform.machine", lambda: "vax")
    with pytest.raises(sandbox_module.SandboxError, match="pass --no-sandbox"):
        Sandbox()


def test_keys_namespaces_and_hidden_memory_are_refused_and_work_is_not():
    found = inside(
        """
import ctypes, errno, platform, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": (248, 250, 319, 272, 56, 29), "aarch64": (217, 219, 279, 97, 220, 194)}
add_key, keyctl, memfd, unshare, clone, shmget = numbers[platform.machine()]
for name, call in {
    "add_key": (add_key, b"user", b"gift", b"x", 1, -3),
    "keyctl": (keyctl, 0, -3, 1),
    "memfd_create": (memfd, b"x", 0),
    "unshare": (unshare, 0x10000000),
    "clone": (clone, 0x10000000 | 17, 0, 0, 0, 0),
    "shmget": (shmget, 0, 4096, 0o1600),
}.items():
    ctypes.set_errno(0)
    found[name] = libc.syscall(*call), ctypes.get_errno()
try:
    socket.socket(40, socket.SOCK_STREAM)
except OSError as error:
    found["vsock"] = -1, error.errno
thread = threading.Thread(target=found.setdefault, args=("thread", "ran"))
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(3)
found["child"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
found["random"] = len(os.urandom(8))
"""
    )
    assert found.pop("thread") == "ran"
    assert found.pop("child") == 3
    assert found.pop("random") == 8
    assert {tuple(answer) for answer in found.values()} == {(-1, errno.ENOSYS)}
    assert len(found) == 7


def test_only_its_own_small_folders_can_be_written(monkeypatch):
    monkeypatch.setattr(sandbox_module, "_course_folders", lambda: ["/usr/share/doc"])
    found = inside(
        """
import resource
for place in ("/", "/dev", "/usr", "/home", "/proc", "/usr/share/doc", "/tmp", "/dev/shm"):
    try:
        with open(place + "/x", "wb") as file:
            written = 0
            while written < 2**28:
                written += file.write(bytes(2**20))
                file.flush()
        found[place] = written
    except OSError as error:
        found[place] = error.errno
found["hidden"] = os.listdir("/usr/share/doc")
"""
    )
    assert found.pop("hidden") == []
    for place in ("/tmp", "/dev/shm"):
        assert found.pop(place) in (errno.ENOSPC, errno.EFBIG)
    assert set(found.values()) <= {errno.EROFS, errno.ENOENT, errno.EACCES}, found


def test_an_instructors_keys_are_neither_seen_nor_changed():
    """A login has a keyring, which every process of it inherits, also one in a sandbox."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    add_key, _, keyctl, *_ = PROCESSORS[platform.machine()].refused
    child = os.fork()
    if child == 0:  # a session of its own, so that this one keeps its keyring
        status = 9
        try:
            joined = libc.syscall(keyctl, JOIN, None)
            added = libc.syscall(add_key, b"user", b"token", b"secret", 6, SESSION)
            if joined < 0 or added < 0:
                os._exit(0)  # this kernel has no keyrings: nothing to inherit
            found = inside(
                f"""
import ctypes
libc = ctypes.CDLL(None)
libc.syscall.restype = ctypes.c_long
found["key"] = libc.syscall({keyctl}, {SEARCH}, {SESSION}, b"user", b"token", 0)
found["cleared"] = libc.syscall({keyctl}, {CLEAR}, {SESSION})
"""
            )
            mine = libc.syscall(keyctl, SEARCH, SESSION, b"user", b"token", 0)
            status = 0 if mine == added and found["key"] == found["cleared"] == -1 else 1
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
