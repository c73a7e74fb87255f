"""What is taken of this machine: child processes, their sessions, memory and cores.

There is one way to start a child. A run has a session of its own, by which its
processes are found and ended as one.
"""

from __future__ import annotations

import importlib
import mmap
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.core.lazy import LazyModule

# Not on every system: a bundle is scored where it is not there.
resource: Any = LazyModule("resource", "getrlimit setrlimit")

# Child processes ----------------------------------------------------------------------

PINS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What tells native libraries how many threads to have. In a child it is one: stock
samplers' rows depend on their number where distances tie, and parallelism comes from
units of work."""
_BLOCKS = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""What tells glibc to give blocks of a mebibyte back as soon as they are free. By
itself it keeps them, up to 32 MiB each, once one was freed."""
_UNUSED = {
    "sklearn.utils._test_common.instance_generator": "_construct_instances",
    "sklearn.utils.estimator_checks": "check_estimator parametrize_with_checks",
}
"""What sklearn_compat, and so imbalanced-learn, imports for tests of estimators: with
it come pytest, most of scikit-learn, and a tenth of what a run's imports take."""
_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
_ROUNDS = 3
"""Looks for members of a session: one may start another while it is being killed."""
_limiting = threading.Lock()
_SPARE = (1 << 30) + (os.cpu_count() or 1) * (3 << 26)
"""Address space that allocators and threads of a library reserve and do not use."""
_ENTER = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from engine.io.machine import enter; sys.exit(enter())"
)


def start(
    module: str, *arguments: str, follow: bool = True, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child process that calls ``main()`` of a module.

    No file of the current folder, of this process or of its children, can stand in
    for a module: the folder is on no path that is searched.

    Parameters
    ----------
    module : str
        Full name of the module; its ``main`` returns an exit code.
    *arguments : str
        What it finds in ``sys.argv[1:]``.
    follow : bool, default=True
        Whether the system kills it when the thread that started it ends; see
        `follow_parent`.
    **options
        Options of `subprocess.Popen`, but its environment.

    Raises
    ------
    OSError
        If no process can be started.
    """
    # The children of a child are often a library's own, started without -P.
    own = {**dict.fromkeys(PINS, "1"), "PYTHONSAFEPATH": "1"}
    environment = {**_BLOCKS, **os.environ, **own}
    return subprocess.Popen(
        command(module, *arguments, follow=follow), env=environment, **options
    )


def command(module: str, *arguments: str, follow: bool = True) -> list[str]:
    """Return the command that `start` runs.

    Examples
    --------
    >>> command("engine.service.run_process", "runs.db", "7")[-2:]
    ['runs.db', '7']
    """
    root = str(Path(__file__).resolve().parents[2])
    how = "follow" if follow else "stay"
    return [sys.executable, "-P", "-c", _ENTER, root, how, module, *arguments]


def ending(code: int) -> str:
    """Return how a process ended, by its return code: by which signal, or its code.

    Examples
    --------
    >>> ending(-9), ending(1)
    ('killed', 'exit code 1')
    """
    if code >= 0:
        return f"exit code {code}"
    return (signal.strsignal(-code) or f"signal {-code}").lower()


def enter() -> Any:
    """Begin as a child: follow the parent, then import and call the module."""
    how, module = sys.argv.pop(1), sys.argv.pop(1)
    if how == "follow":
        follow_parent()  # before the imports, which may take seconds
    for name, functions in _UNUSED.items():
        sys.modules[name] = LazyModule(name, functions)
    return importlib.import_module(module).main()


def follow_parent() -> bool:
    """Have the system kill this process when its parent ends, where it can.

    Every child of ours ends when a pipe to its parent closes. That takes a thread of
    Python's, which waits while native code holds the interpreter; the system's own
    signal does not wait. On Linux it comes when the *thread* ends that started this
    process: start one from a thread that stays as long as the child may.

    Returns
    -------
    bool
        Whether the system will; elsewhere than on Linux it will not.
    """
    if not sys.platform.startswith("linux"):
        return False
    parent = os.getppid()
    done = False
    # Without ctypes, or with another C library, the pipe is what is left.
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        done = prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0
    if done and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)  # it ended in between
    return done


def dask_setup(worker: object) -> None:
    """Follow the parent in a worker of our own Dask cluster; Dask calls this name."""
    follow_parent()


@contextmanager
def limited_memory(room: int | None) -> Iterator[None]:
    """Limit the memory of this process in a block, as `limit_memory` does for good.

    Of blocks at the same time the first one's limit holds.

    Parameters
    ----------
    room : int or None
        Bytes, besides the address space that libraries reserve; no limit when None.
    """
    alone = room is not None and _limiting.acquire(blocking=False)
    before = limit_memory(room + _SPARE) if alone and room is not None else None
    try:
        yield
    finally:
        if before is not None:
            resource.setrlimit(resource.RLIMIT_AS, before)
        if alone:
            _limiting.release()


def limit_memory(room: int) -> tuple[int, int] | None:
    """Let this process take no more than so much memory on top of what it has.

    For a child that opens what nobody vouches for: it fails, and nothing else does.
    Import what is needed before; threads that start later count with their stacks.

    Parameters
    ----------
    room : int
        Bytes of address space.

    Returns
    -------
    tuple of (int, int) or None
        What the limits were; None without a limit, as on other systems than Linux.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        before: tuple[int, int] = resource.getrlimit(resource.RLIMIT_AS)
        most = pages * _PAGE + room
        known = [limit for limit in before if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min([most, *known]), before[1]))
    except (OSError, ValueError, IndexError):
        return None
    return before


# Sessions ----------------------------------------------------------------------------


def leads(pid: int) -> bool:
    """Tell whether a process leads a session, as every run's does, and not ours.

    A number that was given to another process since is hardly ever that of a leader.
    """
    try:
        return os.getsid(pid) == pid != os.getsid(0)
    except OSError:
        return False


def members(session: int) -> list[int]:
    """Return the living processes of a session; none where there is no ``/proc``."""
    found = []
    with suppress(OSError):
        for entry in _PROC.iterdir():
            words = _stat(entry) if entry.name.isdigit() else []
            if words and words[0] not in "ZX" and int(words[3]) == session:
                found.append(int(entry.name))
    return found


def is_stopped(pid: int) -> bool:
    """Tell whether a process was stopped, as by SIGSTOP or a debugger."""
    words = _stat(_PROC / str(pid))
    return bool(words) and words[0] in "Tt"


def kill(leader: int) -> None:
    """Kill all processes of a session, whatever they are in."""
    with suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    for _ in range(_ROUNDS):
        if not _kill_others(leader):
            return


def kill_others() -> None:
    """Kill what is left of this process's own session, if it leads one."""
    if os.getsid(0) == os.getpid():
        _kill_others(os.getpid())


def _kill_others(leader: int) -> list[int]:
    others = [pid for pid in members(leader) if pid != leader]
    for pid in others:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return others


def _stat(entry: Path) -> list[str]:
    """Return what the system says of a process: its state, parent, group, session."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []


# Memory -------------------------------------------------------------------------------

SHARE = 0.8
"""Share of what is free that a run takes by default."""
_PAGE = mmap.PAGESIZE

_MEMINFO = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Return the bytes that this process may still take, or None if unknown.

    That is what the machine has free, or what is left of the limit of a control group
    (version 2) that a container or a batch system has put it in.
    """
    found: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        found += [
            int(line.split()[1]) * 1024
            for line in _MEMINFO.read_text().splitlines()
            if line.startswith("MemAvailable:")
        ]
    for group in _own_groups():
        with suppress(OSError, ValueError):
            found.append(_left(group))
    return min(found, default=None)


def plan_memory(given: int | None, promised: int = 0) -> int | None:
    """Return the bytes that a run may take, or None without a limit.

    Parameters
    ----------
    given : int or None
        What the user said; most of what is free when None.
    promised : int, default=0
        Bytes of what is free that other runs will take.
    """
    free = available()
    if given is not None or free is None:
        return given
    return max(1, int(SHARE * (free - promised)))


def release_memory() -> None:
    """Give back to the system what allocators keep of memory that was freed.

    After work on many rows that is as much as what is still held. It takes some
    milliseconds; other C libraries than glibc need no telling.
    """
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)


def held_memory(session: int) -> int:
    """Return the bytes of memory that the processes of a session hold."""
    return sum(map(resident, members(session)))


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 if that is not known."""
    with suppress(OSError, ValueError, IndexError):
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    return 0


def _own_groups() -> list[Path]:
    """Return the folders of this process's group and of those above it."""
    named = "/"
    with suppress(OSError):
        for line in _OWN_GROUP.read_text().splitlines():
            if line.startswith("0::"):
                named = line.removeprefix("0::")
    home = _GROUPS / named.strip("/")
    return [home, *(p for p in home.parents if p.is_relative_to(_GROUPS))]


def _left(group: Path) -> int:
    """Return what is left of a group's limit; file pages can be given back."""
    most = int((group / "memory.max").read_text())  # "max" is no limit
    held = int((group / "memory.current").read_text())
    pages = 0
    with suppress(OSError, ValueError):
        for line in (group / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                pages = int(line.split()[1])
    return max(0, most - held + pages)


# Cores --------------------------------------------------------------------------------


def step_back() -> None:
    """Interrupt no other program on waking, and keep an equal share of each core.

    Notes
    -----
    A batch process (``SCHED_BATCH``, Linux) waits for whoever is on a core when it has
    something to do again, so that an app finishes its frame. Niceness would take time
    from it in favour of all other programs of the machine, too.
    """
    with suppress(OSError, AttributeError):  # not on every platform
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


_guard = threading.Lock()
_inside = 0
_limits: Any = None
_set = False


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Pin OpenMP and BLAS to one thread while any unit runs.

    Where distances tie, stock samplers' rows depend on the number of threads; and
    two fits at a time would fight for the cores. The pins are the process's: the
    first unit sets them, and the last to leave takes them away.
    """
    global _inside, _limits
    with _guard:
        if _inside == 0:
            _limits = _pin()
        _inside += 1
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if _inside == 0 and _limits is not None:
                _limits.restore_original_limits()
                _limits = None


def _pin() -> Any:
    """Return the limits to take back, or None if there is one thread anyway.

    Libraries read the environment when they are loaded. The processes of a run set it
    before they import anything; in others it is looked at each time what they did.
    """
    global _set
    try:
        from threadpoolctl import threadpool_info, threadpool_limits
    except ImportError:  # where bundles are scored, and no more
        return None
    if _set and all(os.environ.get(name) == "1" for name in PINS):
        return None
    _set = all(pool["num_threads"] == 1 for pool in threadpool_info())
    return None if _set else threadpool_limits(limits=1)
