"""Process 1 of every host: mounts what a process expects, brings the network up, takes a role.

Run by the guest's kernel as `python -m multihost.rig.guest HOST.json`. The root is this machine's,
read only; /run, /mnt, /srv and /dev/shm are the guest's own memory; /mnt/share is a folder of this
machine's that all hosts share (to signal each other aside from NFS); /mnt/efs is the volume.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from multihost.rig import channel, roles

READY = Path("/run/ready")


@dataclass(frozen=True)
class Host:
    """What a host is told at boot; the host name is part of its NFS client's identity."""

    name: str
    address: str
    server: str
    share: str
    modules: str
    mount_options: str
    lease: int
    grace: int


def main() -> None:
    host = Host(**json.loads(Path(sys.argv[1]).read_text()))
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["TMPDIR"] = "/dev/shm"
    _mount_basics(host)
    _network_up(host)
    _child(channel.serve)
    _child(lambda: _take_role(host))
    while True:  # process 1 inherits every orphan and must reap it
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(1)


def _take_role(host: Host) -> None:
    if host.address == host.server:
        roles.serve(Path(host.modules), host.lease, host.grace)
    else:
        roles.mount(Path(host.modules), host.server, host.address, host.mount_options)
    READY.touch()


def _mount_basics(host: Host) -> None:
    _mount("proc", "proc", "/proc")
    _mount("sysfs", "sysfs", "/sys")
    Path("/proc/sys/kernel/hostname").write_text(host.name)
    if not os.path.ismount("/dev"):
        _mount("devtmpfs", "devtmpfs", "/dev")
    os.makedirs("/dev/shm", exist_ok=True)
    for folder in ("/dev/shm", "/run", "/mnt", "/srv"):
        _mount("tmpfs", "tmpfs", folder)
    os.makedirs("/mnt/share")
    _mount("hostfs", "none", "/mnt/share", "-o", host.share)
    os.makedirs("/mnt/efs")


def _network_up(host: Host) -> None:
    for arguments in (
        ("link", "set", "lo", "up"),
        ("addr", "add", host.address + "/24", "dev", "vec0"),
        ("link", "set", "vec0", "up"),
    ):
        subprocess.run(["ip", *arguments], check=True)


def _mount(kind: str, source: str, folder: str, *options: str) -> None:
    subprocess.run(["mount", "-t", kind, *options, source, folder], check=True)


def _child(work: Callable[[], None]) -> None:
    if os.fork() == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()  # the console, which is the host's log
        os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        time.sleep(1)  # let the console drain: the kernel panics when process 1 ends
        raise
