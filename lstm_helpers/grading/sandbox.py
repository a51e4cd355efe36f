"""Run a job behind a wall: bubblewrap, with limits that are held from outside.

What the sandbox sees: the system's libraries, Python and the installed packages, read-only; a
``/tmp`` of its own; no network, no other process, no environment variable, no keys, nothing of any
home folder, nothing of the course. It lives as long as one job.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil

from lstm_helpers.grading.seccomp import seccomp_program

__all__ = ["Limits", "Reply", "Sandbox", "SandboxError"]

MEGABYTE = 2**20
_FIRST_UID, _UIDS = 61184, 4000  # those that systemd gives to services of a moment
_LOOK = 0.05  # seconds between two looks at the memory
_FILTER = "{filter}"  # in a command: the descriptor from which bubblewrap reads its filter


class SandboxError(RuntimeError):
    """There is no sandbox on this system; the message says what to do."""


@dataclass(frozen=True)
class Limits:
    """What a job may use.

    Attributes
    ----------
    wall_seconds : float
        By the clock, from outside; starting Python counts.
    cpu_seconds : int
        Processor time of each process.
    memory : int
        Bytes that all processes together may hold in memory; looked at from outside.
    address_space : int
        Bytes of virtual memory of each process.
    processes : int
        Processes and threads.
    files : int
        Open files of each process.
    file_size : int
        Bytes of a file, and of all in ``/tmp``.
    output : int
        Bytes that may come out.
    """

    wall_seconds: float = 10.0
    cpu_seconds: int = 10
    memory: int = 1024 * MEGABYTE
    address_space: int = 4096 * MEGABYTE
    processes: int = 64
    files: int = 64
    file_size: int = 16 * MEGABYTE
    output: int = 32 * MEGABYTE

    @classmethod
    def asked(cls, seconds: float, megabytes: int) -> Limits:
        """Set those that an instructor chooses; the others follow.

        Parameters
        ----------
        seconds : float
            By the clock, for one exercise.
        megabytes : int
            Memory for one exercise.

        Returns
        -------
        Limits
            With processor time and address space to match.
        """
        return cls(
            wall_seconds=seconds,
            cpu_seconds=max(1, round(seconds)),
            memory=megabytes * MEGABYTE,
            address_space=max(4 * megabytes, 4096) * MEGABYTE,
        )

    def for_frameworks(self) -> Limits:
        """As many again as PyTorch or TensorFlow needs for itself.

        Returns
        -------
        Limits
            With more time, memory, processes and files.
        """
        return replace(
            self,
            wall_seconds=self.wall_seconds + 50,
            cpu_seconds=self.cpu_seconds + 50,
            memory=self.memory + 2048 * MEGABYTE,
            address_space=self.address_space + 28 * 1024 * MEGABYTE,
            processes=self.processes + 192,
            files=self.files + 192,
        )

    def numbers(self) -> dict[str, int]:
        """As the worker sets them for itself.

        Returns
        -------
        dict of str to int
            Names as here; seconds rounded up.
        """
        return {name: int(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Reply:
    """How a job ended.

    Attributes
    ----------
    end : {"message", "too slow", "too much memory", "too much output", "crashed"}
        What happened.
    message : bytes
        What came out, if anything did.
    seconds : float
        How long it took, by the clock.
    """

    end: Literal["message", "too slow", "too much memory", "too much output", "crashed"]
    message: bytes
    seconds: float


class Sandbox:
    """Runs jobs, each in a sandbox of its own.

    Parameters
    ----------
    walls : bool, optional
        False: without any sandbox, in a process of its own with limits on time and memory. For
        machines without bubblewrap, and submissions that are trusted.

    Raises
    ------
    SandboxError
        If bubblewrap is not there or not allowed.
    """

    def __init__(self, walls: bool = True) -> None:
        self.walls = walls
        self._command = _inside() if walls else _outside()
        if walls:
            _assert_works(self._command)

    def run(self, job: bytes, limits: Limits) -> Reply:
        """Run a job.

        Parameters
        ----------
        job : bytes
            What the process reads from its standard input.
        limits : Limits
            What it may use. When a limit is reached, everything in the sandbox is killed.

        Returns
        -------
        Reply
            How it ended. Never waits longer than the limit.
        """
        start = time.monotonic()
        process = _started(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={} if self.walls else _bare_environment(),
            cwd="/",
        )
        try:
            end, message = _talk(process, job, limits, start)
        finally:
            _kill(process, self.walls)
        return Reply(end, message, time.monotonic() - start)


def _started(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a command that inherits no descriptor but that of its filter, if it has one."""
    if _FILTER not in command:
        return subprocess.Popen(command, close_fds=True, **options)
    descriptor = os.memfd_create("filter")
    try:
        os.write(descriptor, seccomp_program())
        os.lseek(descriptor, 0, os.SEEK_SET)
        full = [str(descriptor) if part == _FILTER else part for part in command]
        return subprocess.Popen(full, pass_fds=(descriptor,), **options)
    finally:
        os.close(descriptor)


def _talk(
    process: subprocess.Popen[bytes], job: bytes, limits: Limits, start: float
) -> tuple[Literal["message", "too slow", "too much memory", "too much output", "crashed"], bytes]:
    """Write the job and read the reply, looking at the clock and the memory in between."""
    assert process.stdin is not None
    assert process.stdout is not None
    to_write, received = memoryview(job), bytearray()
    os.set_blocking(process.stdin.fileno(), False)
    os.set_blocking(process.stdout.fileno(), False)
    look = start + 2 * _LOOK
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if now - start > limits.wall_seconds:
                return "too slow", b""
            if now > look:
                look = now + _LOOK
                if _memory(process.pid) > limits.memory:
                    return "too much memory", b""
            for key, _ in selector.select(_LOOK):
                if key.fileobj is process.stdin:
                    try:
                        to_write = to_write[os.write(process.stdin.fileno(), to_write) :]
                    except BrokenPipeError:
                        to_write = to_write[len(to_write) :]
                    if not to_write:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                block = os.read(process.stdout.fileno(), MEGABYTE)
                received += block
                size = int.from_bytes(received[:8], "big")
                if len(received) > limits.output + 8 or (
                    len(received) >= 8 and size > limits.output
                ):
                    return "too much output", b""
                if len(received) >= 8 and len(received) >= size + 8:
                    return "message", bytes(received[8 : size + 8])
                if not block:
                    return "crashed", b""


def _memory(pid: int) -> int:
    """Bytes that a process and all below it hold in memory; shared ones count for each."""
    total = 0
    try:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
    except psutil.Error:
        return 0
    return total


def _kill(process: subprocess.Popen[bytes], walls: bool) -> None:
    """End everything: with the first process of a namespace the kernel kills all others."""
    if not walls:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


def _inside() -> list[str]:
    """The command line of bubblewrap around Python."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(
            "bubblewrap is not installed, so submissions cannot be run safely; install it "
            "(Debian, Ubuntu: `sudo apt install bubblewrap`), or pass --no-sandbox if you trust "
            "every submission"
        )
    seen = [argument for folder in _folders() for argument in ("--ro-bind", folder, folder)]
    links = [a for name in ("bin", "lib", "lib64", "sbin") for a in _link(name)]
    hidden = [
        argument
        for folder in _course_folders()
        for argument in ("--size", "4096", "--tmpfs", folder, "--remount-ro", folder)
    ]
    try:
        seccomp_program()
    except LookupError as error:
        raise SandboxError(
            f"the sandbox does not know the calls of this computer's kernel ({error}); grade on "
            "another one, or pass --no-sandbox if you trust every submission"
        ) from None
    inner = [
        bwrap,
        *("--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        *("--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox"),
        # First the private /tmp, then what is seen: Python itself may be installed below /tmp.
        *("--size", str(Limits.file_size), "--tmpfs", "/tmp"),
        *_parents_of(_folders()),
        *seen,
        *links,
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(Limits.file_size), "--tmpfs", "/dev/shm"),
        *hidden,
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
        *("--setenv", "OMP_NUM_THREADS", "1", "--setenv", "TF_CPP_MIN_LOG_LEVEL", "3"),
        *("--setenv", "HOME", "/tmp", "--setenv", "CUDA_VISIBLE_DEVICES", ""),
        *("--seccomp", _FILTER, "--"),
        *_python(),
    ]
    if os.getuid() != 0:
        return inner
    # As root: an outer wall, only to give the inner one a user of its own.
    uid = str(_FIRST_UID + os.getpid() % _UIDS)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SandboxError(
            "setpriv (of util-linux) is not installed; the sandbox needs it when root grades: "
            "install it, or grade as an ordinary user"
        )
    return [
        bwrap,
        *("--perms", "1777", "--tmpfs", "/tmp"),
        *_parents_of(_folders()),
        *seen,
        *links,
        *("--dev-bind", "/proc", "/proc", "--dev", "/dev"),
        *("--die-with-parent", "--", setpriv, "--reuid", uid, "--regid", uid, "--clear-groups"),
        *inner,
    ]


def _outside() -> list[str]:
    """Python without walls; where root grades, as the user nobody if that can run Python."""
    setpriv = shutil.which("setpriv")
    if os.getuid() == 0 and setpriv is not None:
        nobody = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        command = [*nobody, "--no-new-privs", *_python()]
        if _tried(command).stdout.strip() == "here":
            return command
    return _python()


def _python() -> list[str]:
    """Python without site packages' start-up files, which then are found all the same."""
    start = (
        "import sys; sys.path += " + repr(_packages()) + "; "
        "exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
    )
    return [sys.executable, "-I", "-S", "-c", start]


def _packages() -> list[str]:
    """Folders of installed packages."""
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    folders += [f for f in site.getsitepackages() if Path(f).is_dir()]
    return list(dict.fromkeys(folders))


def _folders() -> list[str]:
    """What of the system a sandbox sees."""
    found = ["/usr", sys.base_prefix, sys.prefix, *_packages()]
    found += [str(Path(sys.executable).resolve().parents[1])]
    found += [f for f in ("/etc/ld.so.cache", "/etc/alternatives") if Path(f).exists()]
    kept: list[str] = []
    for folder in sorted(dict.fromkeys(found), key=len):
        if not any(Path(folder).is_relative_to(other) for other in kept):
            kept.append(folder)
    return kept


def _course_folders() -> list[str]:
    """Where the course itself lies, as far as a sandbox would see it."""
    package = Path(__file__).resolve().parents[1]
    return [str(package)] if any(package.is_relative_to(f) for f in _folders()) else []


def _parents_of(folders: list[str]) -> list[str]:
    """Make the folders above, readable, since bubblewrap would keep them to itself."""
    above: dict[str, None] = {}
    for folder in folders:
        for parent in reversed(Path(folder).parents):
            if str(parent) not in ("/", "/tmp"):
                above[str(parent)] = None
    return [argument for folder in above for argument in ("--perms", "0755", "--dir", folder)]


def _link(name: str) -> list[str]:
    """A folder such as /lib as this system has it: a link into /usr, or a folder."""
    path = Path("/", name)
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def _bare_environment() -> dict[str, str]:
    return {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": os.defpath}


def _assert_works(command: list[str]) -> None:
    """Run nothing in the sandbox, to see whether the system allows it."""
    tried = _tried(command)
    if tried.stdout.strip() != "here":
        raise SandboxError(
            f"bubblewrap is installed but cannot be used here ({tried.stderr.strip()[:300]}); "
            "allow user namespaces (in a container: --security-opt seccomp=unconfined), or pass "
            "--no-sandbox if you trust every submission"
        )


def _tried(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Let a command's Python print a word."""
    process = _started(
        [*command[: command.index("-c")], "-c", "print('here')"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        said, complained = process.communicate(timeout=60)
    finally:
        process.kill()
    text = said.decode(errors="replace"), complained.decode(errors="replace")
    return subprocess.CompletedProcess(command, process.returncode, *text)
