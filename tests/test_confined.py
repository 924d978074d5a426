"""Whoever takes over a process that reads files of strangers gets nowhere from there."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

import chartkeep

TAKEN_OVER = """
import ctypes, os, resource, signal, socket, sys
from chartkeep import confined
parent, path, only = int(sys.argv[1]), sys.argv[2], sys.argv[3]
libc = ctypes.CDLL(None, use_errno=True)
if only == "paths":
    libc.prctl(38, 1, 0, 0, 0)
    confined._close_paths(libc)
elif only == "calls":
    libc.prctl(38, 1, 0, 0, 0)
    confined._filter_calls(libc, confined._MACHINES[os.uname().machine])
else:
    confined.confine(1 << 30)
def fork():
    if os.fork() == 0:
        os._exit(0)
def run_memory():
    if libc.mprotect(ctypes.c_void_p(held - held % 4096), 4096, 7):
        raise PermissionError
page = ctypes.create_string_buffer(8192)
held = ctypes.addressof(page) + 4096
tries = {
    "read": lambda: os.open(path, os.O_RDONLY),
    "write": lambda: os.open(path + ".new", os.O_WRONLY | os.O_CREAT),
    "list": lambda: os.listdir(os.path.dirname(path)),
    "link": lambda: os.symlink(path, path + ".link"),
    "remove": lambda: os.unlink(path),
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "local": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "fork": fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "signal": lambda: os.kill(parent, signal.SIGCONT),
    "limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
    "memory": run_memory,
}
for name, attempt in tries.items():
    try:
        attempt()
    except OSError as refused:
        continue
    sys.stdout.write(name + " ")
sys.stdout.write("end")
sys.stdout.flush()
os._exit(0)
"""
FILES = {"read", "write", "list", "link", "remove"}


def reached(path: Path, only: str = "") -> set[str]:
    """Take a confined process over; gives what it could still do."""
    path.write_text("a chart")
    told = subprocess.run(
        [sys.executable, "-c", TAKEN_OVER, str(os.getpid()), str(path), only],
        capture_output=True, check=True, timeout=60,
        env={"PYTHONPATH": str(Path(chartkeep.__file__).parent.parent)},
    )  # fmt: skip
    words = told.stdout.decode().split()
    assert words.pop() == "end"
    return set(words)


@pytest.mark.attack
def test_a_process_taken_over_opens_no_file_no_socket_and_no_process(tmp_path: Path) -> None:
    path = tmp_path / "chart"
    assert reached(path) == set()
    assert path.read_text() == "a chart"
    assert [each.name for each in tmp_path.iterdir()] == ["chart"]


@pytest.mark.attack
def test_the_filter_of_calls_alone_is_enough(tmp_path: Path) -> None:
    assert reached(tmp_path / "chart", "calls") == set()


def test_paths_are_shut_by_the_kernel_too(tmp_path: Path) -> None:
    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) < 1:
        pytest.skip("this kernel has no Landlock")
    assert not reached(tmp_path / "chart", "paths") & FILES
