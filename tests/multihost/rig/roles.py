"""What makes a host the NFS server or one of its clients, with in-kernel code alone.

The server writes into the kernel what exportfs, rpc.mountd and rpc.nfsd would: no daemon runs and
no NFS package is needed. NFSv4.1 only, no delegations, transfers of 1 MiB: what EFS offers.
"""

import os
import socket
import subprocess
import time
from pathlib import Path

from multihost.rig import modules

_NEVER = 2**31 - 1  # expiry of a cache entry
_READ_WRITE_ANY_PORT = 0x2
_NO_SUBTREE_CHECK = 0x400
_FSID = 0x2000
_NFSD = Path("/proc/fs/nfsd")
_CACHES = Path("/proc/net/rpc")


def mount(module_folder: Path, server: str, address: str, options: str) -> None:
    """Mounts the server's export at /mnt/efs, waiting for the server as long as it takes."""
    modules.load(module_folder, "nfsv4")
    while not _listens(server):  # a mount(2) that is refused backs off for long: look first
        time.sleep(0.1)
    options = f"vers=4.1,addr={server},clientaddr={address},{options}"
    while subprocess.run(["mount", "-i", "-t", "nfs4", "-o", options, f"{server}:/", "/mnt/efs"]).returncode:
        time.sleep(0.5)


def serve(module_folder: Path, lease: int, grace: int) -> None:
    """Exports /dev/ubda (ext4) to the whole subnet. `lease` and `grace` in seconds, 10 at least."""
    os.makedirs("/srv/disk")
    subprocess.run(["mount", "-t", "ext4", "-o", "noatime,i_version", "/dev/ubda", "/srv/disk"], check=True)
    export = Path("/srv/disk/export")
    recovery = Path("/srv/disk/recovery")  # which clients may reclaim their locks after a restart
    first_start = not recovery.exists()
    export.mkdir(exist_ok=True)
    recovery.mkdir(exist_ok=True)
    Path("/proc/sys/fs/leases-enable").write_text("0")  # no delegations
    modules.load(module_folder, "nfsd")
    subprocess.run(["mount", "-t", "nfsd", "nfsd", str(_NFSD)], check=True)
    (_NFSD / "nfsv4recoverydir").write_text(f"{recovery}\n")
    (_NFSD / "nfsv4leasetime").write_text(f"{lease}\n")
    (_NFSD / "nfsv4gracetime").write_text(f"{grace}\n")
    (_NFSD / "versions").write_text("-2 -3 +4 +4.1 -4.2\n")
    _export(export)
    (_NFSD / "max_block_size").write_text(f"{1 << 20}\n")
    (_NFSD / "portlist").write_text("tcp 2049\n")
    (_NFSD / "threads").write_text("8\n")
    if first_start:
        (_NFSD / "v4_end_grace").write_text("Y\n")  # nobody has a lock to reclaim


def _export(folder: Path) -> None:
    for last in range(2, 255):
        (_CACHES / "auth.unix.ip/channel").write_text(f"nfsd 10.77.0.{last} {_NEVER} clients\n")
    # without 0x10 (async): the server answers a write that must be stable only once it is
    flags = _READ_WRITE_ANY_PORT | _NO_SUBTREE_CHECK | _FSID
    (_CACHES / "nfsd.export/channel").write_text(f"clients {folder} {_NEVER} {flags} 65534 65534 0\n")
    (_CACHES / "nfsd.fh/channel").write_text(f"clients 1 \\x00000000 {_NEVER} {folder}\n")


def _listens(server: str) -> bool:
    try:
        socket.create_connection((server, 2049), timeout=2).close()
    except OSError:
        return False
    return True
