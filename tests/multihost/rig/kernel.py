"""The kernel that every host runs: User-Mode Linux, from Debian's package `user-mode-linux`.

The package is used where it is installed; elsewhere it is downloaded and unpacked into a cache
folder, without being installed.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "image-service-multihost"
_TOOLS = {"ip": "iproute2", "mkfs.ext4": "e2fsprogs", "dpkg-deb": "dpkg", "apt-get": "apt", "setpriv": "util-linux"}


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: the executable, its modules, and what must be preloaded on this CPU."""

    executable: Path
    modules: Path
    preload: Path | None


def why_not() -> str | None:
    """The reason why no host can be booted on this machine, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespace, taps)"
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        return f"needs /dev/net/tun: {error.strerror}"
    absent = [f"{tool} ({package})" for tool, package in _TOOLS.items() if not shutil.which(tool)]
    if absent:
        return "needs " + ", ".join(absent)
    try:
        find()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"needs Debian's package user-mode-linux: {error}"
    return None


def find() -> Kernel:
    """The kernel, fetched if need be; CalledProcessError when the package cannot be had."""
    prefix = Path("/")
    if not Path("/usr/bin/linux.uml").exists():
        prefix = _unpacked()
    return Kernel(prefix / "usr/bin/linux.uml", prefix / "usr/lib/uml/modules", _preload())


def start(
    kernel: Kernel,
    *,
    name: str,
    memory: str,
    tap: str,
    init: list[str],
    env: dict[str, str],
    log: Path,
    disk: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Boots one host whose process 1 is `init`. It dies with the calling thread, however that ends."""
    arguments = [
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        "quiet",
        f"mem={memory}",
        f"umid={name}-{os.getpid()}",
        f"uml_dir={log.parent}/uml/",
        "con=null",
        "con0=null,fd:1",
        f"vec0:transport=tap,ifname={tap},depth=64,gro=1",
        *([f"ubd0={disk}"] if disk else []),
        *(f"{key}={value}" for key, value in env.items()),  # what the kernel doesn't know becomes init's environment
        f"init={init[0]}",
        "--",
        *init[1:],
    ]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": _memory_folder(), "HOME": "/root"}
    if kernel.preload:
        environment["LD_PRELOAD"] = str(kernel.preload)
    with log.open("ab") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", str(kernel.executable), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment,
        )


def _unpacked() -> Path:
    tree = _CACHE / "tree"
    if not tree.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", "user-mode-linux"], cwd=_CACHE, check=True, capture_output=True)
        package = max(_CACHE.glob("user-mode-linux_*.deb"))
        partial = _CACHE / f"tree.{os.getpid()}"
        subprocess.run(["dpkg-deb", "-x", package, partial], check=True)
        partial.rename(tree)  # never a half unpacked tree under the final name
        package.unlink()
    return tree


def _preload() -> Path | None:
    """On a CPU with AMX this kernel needs xstate.c preloaded: the reason is stated there."""
    if "amx_tile" not in Path("/proc/cpuinfo").read_text():
        return None
    library = _CACHE / "xstate.so"
    if not library.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("xstate.c")], check=True
        )
    return library


def _memory_folder() -> str:
    """Where the guests' memory lies: in RAM if there is room (containers often allow 64 MB of it)."""
    shared = "/dev/shm"
    return shared if os.path.isdir(shared) and shutil.disk_usage(shared).free > 1 << 30 else "/tmp"
