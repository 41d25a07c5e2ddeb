"""The process from which workers are forked, and the work of a worker: `python -m core.workers.template`.

The template has loaded the decoders, and never sees a byte from a client. A worker shares that memory, gives up all
rights that it does not need (sandbox.py), and then makes one picture after another from the files that it receives.
Both end with the server: the template finds its socket closed, and the kernel kills a worker when its template ends.
"""

import gc
import os
import resource
import signal
import socket
import sys
import traceback
from contextlib import ExitStack, suppress

import msgspec

from core import renditions
from core.errors import ImageTooComplex, RejectedImage
from core.workers import protocol, sandbox

_NICE = 5  # the server must answer readers while its workers compute, which takes little time


def main(control: socket.socket, allowance: protocol.Allowance) -> None:
    """Forks and ends workers on the server's request, until the server is gone."""
    # A service manager may signal all processes at once, while the server still finishes its work.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    renditions.preload()
    doors = sandbox.Doors()
    gc.collect()
    gc.freeze()  # so that garbage collection does not write to the memory that workers share
    template, workers = os.getpid(), set[int]()
    while True:
        try:
            order, files = protocol.receive_with_files(control, protocol.Order)
        except (EOFError, ConnectionError):
            return
        if order.ends:
            protocol.send(control, _end(order.ends, workers))
            continue
        pid = _fork()
        if pid == 0:
            try:
                doors.end_with(template)
                _work(socket.socket(fileno=files[0]), doors, allowance)
            finally:
                os._exit(0)  # also after an error: it must not continue as a second template
        os.close(files[0])
        if pid is not None:
            workers.add(pid)
        protocol.send(control, protocol.Forked(pid or 0))


def _fork() -> int | None:
    try:
        return os.fork()
    except OSError:
        return None


def _end(pid: int, workers: set[int]) -> protocol.Forked:
    """Kills a worker unless it has ended already. Until `waitpid` its process id cannot be reused."""
    if pid not in workers:
        return protocol.Forked(0)
    os.kill(pid, signal.SIGKILL)
    workers.remove(pid)
    return protocol.Forked(*os.waitpid(pid, 0))


def _work(server: socket.socket, doors: sandbox.Doors, allowance: protocol.Allowance) -> None:
    """Makes one picture after another, until the server closes the socket."""
    with suppress(OSError):  # a service manager may forbid it
        os.nice(_NICE)
    holds, lacks = doors.shut(server.fileno(), allowance.memory, allowance.largest_file)
    _say(server, protocol.Ready(holds, lacks))
    while True:
        try:
            task, files = protocol.receive_with_files(server, protocol.Task)
        except EOFError:
            return
        _allow_cpu(allowance.cpu_seconds)
        _say(server, _make(task, files))


def _say(server: socket.socket, message: msgspec.Struct) -> None:
    os.write(server.fileno(), msgspec.json.encode(message))  # not `send`, which the sandbox forbids


def _allow_cpu(seconds: int) -> None:
    """Allows this process `seconds` more seconds of CPU; after them the kernel kills it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, resource.RLIM_INFINITY))


def _make(task: protocol.Task, files: list[int]) -> protocol.Done:
    try:
        with ExitStack() as opened:
            source = opened.enter_context(os.fdopen(files[0], "rb"))
            outputs = [opened.enter_context(os.fdopen(file, "w+b")) for file in files[1:]]
            made = renditions.render(source, dict(zip(task.sizes, outputs, strict=True)), task.limits, task.sizes)
    except RejectedImage as error:
        return protocol.Done(error.slug, error.detail, error.extra)
    except MemoryError:
        return protocol.Done(ImageTooComplex.slug, "The image asks for more memory than one picture may have.")
    except Exception:
        return protocol.Done(failure=traceback.format_exc()[-8000:])
    return protocol.Done(taken_at=made.taken_at or "", placeholder=made.placeholder or "")


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), msgspec.json.decode(sys.argv[2], type=protocol.Allowance))
