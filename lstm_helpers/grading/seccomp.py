"""What a sandbox may not ask of the kernel: a filter of system calls, as bubblewrap loads it.

Namespaces do not hold everything. Keyrings belong to a login and to a user, so that a key which one
learner's code leaves could be read by the next one's, and an instructor's keys by all. Memory that
no process maps is in no process's count. And what the kernel offers to a namespace's own root is
more than a sandbox has to know. The filter refuses these calls; everything else is allowed, since
the other walls stand whatever is called.

Numbers of calls: the tables ``arch/x86/entry/syscalls/syscall_64.tbl`` and
``include/uapi/asm-generic/unistd.h`` of Linux. Form of the program: its
``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import NamedTuple

__all__ = ["PROCESSORS", "seccomp_program"]


class Processor(NamedTuple):
    """How a kernel calls its processor, and its calls.

    Attributes
    ----------
    architecture : int
        AUDIT_ARCH of the kernel.
    refused : tuple of int
        Calls that are refused whatever they are given.
    clone, socket : int
        Calls that are refused for some arguments.
    highest : int
        Numbers from here on are those of another way to call, and refused.
    """

    architecture: int
    refused: tuple[int, ...]
    clone: int
    socket: int
    highest: int


PROCESSORS = {
    # add_key, request_key, keyctl; memfd_create, memfd_secret, shmget, msgget, semget;
    # unshare, setns, clone3; io_uring_setup, userfaultfd, bpf, perf_event_open
    "x86_64": Processor(
        0xC000003E,
        (248, 249, 250, 319, 447, 29, 68, 64, 272, 308, 435, 425, 323, 321, 298),
        clone=56,
        socket=41,
        highest=0x40000000,  # x32
    ),
    "aarch64": Processor(
        0xC00000B7,
        (217, 218, 219, 279, 447, 194, 186, 190, 97, 268, 435, 425, 282, 280, 241),
        clone=220,
        socket=198,
        highest=0x40000000,
    ),
}
"""By ``platform.machine()``."""

# Places in what the kernel hands to the filter: number of the call, processor, first argument.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NEW_NAMESPACES = 0x7E020000  # all flags CLONE_NEW…
_FIRST_ODD_FAMILY = 17  # of sockets; below are those of a network, which has no way out


def seccomp_program(machine: str | None = None) -> bytes:
    """Write the filter for bubblewrap's ``--seccomp``.

    Parameters
    ----------
    machine : str, optional
        As ``platform.machine()`` says, which is the default.

    Returns
    -------
    bytes
        Instructions of Berkeley packet filter, eight bytes each. A refused call fails with
        ``ENOSYS``, as on a kernel that does not have it; a call in the way of another processor
        ends the process.

    Raises
    ------
    LookupError
        If the numbers of this processor's calls are not known.
    """
    machine = machine or platform.machine()
    if machine not in PROCESSORS:
        raise LookupError(f"got the processor {machine!r}; expected one of {', '.join(PROCESSORS)}")
    processor = PROCESSORS[machine]
    refuse = (_RETURN, 0, 0, _ERROR | errno.ENOSYS)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, processor.architecture),  # then skip one instruction
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, processor.highest),
        refuse,
    ]
    for number in processor.refused:
        program += [(_EQUAL, 0, 1, number), refuse]
    for number, test, value in (
        (processor.clone, _ANY_BIT, _NEW_NAMESPACES),
        (processor.socket, _AT_LEAST, _FIRST_ODD_FAMILY),
    ):
        program += [
            (_EQUAL, 0, 4, number),  # else skip the next four
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (test, 0, 1, value),
            refuse,
            (_LOAD, 0, 0, _NUMBER),
        ]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
