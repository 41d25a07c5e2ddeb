"""A server and its client hosts, and everything that can happen to them.

    with Cluster(folder, ["a", "b"]) as cluster:
        cluster["a"].run(["ls", "/mnt/efs"])
        cluster["a"].freeze()

Leaving the block ends every process of every host. A run that is killed itself takes its kernels with it; what may
stay are their I/O helpers, which do nothing.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from multihost.rig import kernel
from multihost.rig.channel import PATIENCE, PORT, Command, HostGone
from multihost.rig.guest import READY, Host
from multihost.rig.network import SERVER_ADDRESS, SUBNET, Network

SERVER = "server"
# https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-nfs-mount-settings.html
EFS_OPTIONS = "rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"
RECONNECT_SECONDS = 60  # what a client may take to find a server again; grace must not be shorter
_TESTS = Path(__file__).parents[2]
_REPOSITORY = _TESTS.parent


class Machine:
    """One host of a cluster, from this machine's side."""

    def __init__(self, cluster: "Cluster", name: str, address: str) -> None:
        self.name, self.address = name, address
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def boot(self, grace: int | None = None) -> None:
        """Starts the host without waiting for it (see Cluster.wait_ready). `grace` is the server's, in seconds."""
        assert not self.alive(), f"{self.name} is running"
        self._process = self._cluster.start(self.name, self.address, grace)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, argv: list[str], **env: str) -> Command:
        """Starts a command here; PYTHONPATH is the repository and its tests."""
        connection = self._cluster.network.connect((self.address, PORT), 60)
        env = {"PYTHONPATH": f"{_REPOSITORY}:{_TESTS}", "PYTHONDONTWRITEBYTECODE": "1"} | env
        process = self._process
        assert process
        # this boot's kernel, not the next one's: what runs on a host that is killed and booted again is gone
        return Command(connection, argv, env, lambda: process.poll() is None)

    def run(self, argv: list[str], timeout: float = PATIENCE, **env: str) -> str:
        """The command's standard output; AssertionError when it fails."""
        return self.start(argv, **env).wait(timeout)

    def python(self, code: str, *arguments: str, **env: str) -> Command:
        """Starts `code` in the interpreter that runs this one."""
        return self.start([sys.executable, "-u", "-c", code, *arguments], **env)

    def kill(self) -> None:
        """Power loss."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # the guest's processes are the kernel's children
            self._process.wait()

    def freeze(self) -> None:
        """Stops the host's clock, as Lambda does between two invocations."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def cut(self) -> None:
        """Pulls the network cable."""
        self._cluster.network.cut(self.name)

    def mend(self) -> None:
        self._cluster.network.mend(self.name)


class Cluster:
    """Hosts by name; `folder` holds the server's disk, the logs and `share` (/mnt/share in every guest)."""

    def __init__(self, folder: Path, clients: list[str], lease: int = 10, memory: str = "768M") -> None:
        self.folder, self.lease, self.memory = folder, lease, memory
        self.share = folder / "share"
        self.share.mkdir(parents=True)
        self._kernel = kernel.find()
        self.network = Network()
        self.machines = {SERVER: Machine(self, SERVER, SERVER_ADDRESS)}
        for number, name in enumerate(clients):
            self.machines[name] = Machine(self, name, f"{SUBNET}{10 + number}")
        self._disk = folder / "disk.img"
        with self._disk.open("wb") as disk:
            disk.truncate(4 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", self._disk], check=True)

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def __enter__(self) -> "Cluster":
        try:
            for machine in self.machines.values():
                machine.boot()
            self.wait_ready(*self.machines)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for machine in self.machines.values():
            machine.kill()
        self.network.close()
        self._disk.unlink(missing_ok=True)

    def revive(self) -> None:
        """Boots the hosts that are dead."""
        dead = [name for name, machine in self.machines.items() if not machine.alive()]
        for name in dead:
            self[name].boot()
        self.wait_ready(*dead)

    def wait_ready(self, *names: str, seconds: float = PATIENCE) -> None:
        """Returns once those hosts serve or have mounted the volume; AssertionError with the log otherwise."""
        end = time.monotonic() + seconds
        for name in names:
            while not self._ready(self.machines[name]):
                if not self.machines[name].alive() or time.monotonic() > end:
                    log = (self.folder / f"{name}.log").read_text()
                    raise AssertionError(f"{name} does not come up:\n{log[-3000:]}")
                time.sleep(0.1)

    def start(self, name: str, address: str, grace: int | None) -> subprocess.Popen[bytes]:
        host = Host(
            name,
            address,
            SERVER_ADDRESS,
            str(self.share),
            str(self._kernel.modules),
            EFS_OPTIONS,
            self.lease,
            grace or self.lease,
        )
        orders = self.folder / f"{name}.json"
        orders.write_text(json.dumps(vars(host)))
        tap = self.network.plug(name)
        return self.network.inside(  # type: ignore[no-any-return]
            lambda: kernel.start(
                self._kernel,
                name=name,
                memory=self.memory,
                tap=tap,
                init=[sys.executable, "-m", "multihost.rig.guest", str(orders)],
                env={"PYTHONPATH": str(_TESTS), "PYTHONDONTWRITEBYTECODE": "1"},
                log=self.folder / f"{name}.log",
                disk=self._disk if name == SERVER else None,
            )
        )

    @staticmethod
    def _ready(machine: Machine) -> bool:
        try:
            machine.run(["test", "-e", str(READY)], timeout=60)
        except (OSError, AssertionError, HostGone):
            return False
        return True
