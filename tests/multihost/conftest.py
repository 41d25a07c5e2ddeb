"""Three client hosts a, b, c on one NFSv4.1 volume, booted once for all tests that ask for them."""

from collections.abc import Iterator
from itertools import count

import pytest
from multihost.rig import kernel
from multihost.rig.cluster import Cluster

_numbers = count()


@pytest.fixture(scope="session")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if reason := kernel.why_not():
        pytest.skip(f"no hosts can be booted here: {reason}")
    with Cluster(tmp_path_factory.mktemp("cluster") / "run", ["a", "b", "c"]) as cluster:
        yield cluster


@pytest.fixture
def cluster(running_cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with every host up, whatever the test before did to them."""
    running_cluster.revive()
    yield running_cluster
    for machine in running_cluster.machines.values():
        if machine.alive():
            machine.thaw()
            machine.mend()


def new_volume(cluster: Cluster) -> str:
    """A new folder on the shared volume, as every host sees it."""
    folder = f"/mnt/efs/{next(_numbers)}"
    cluster["a"].run(["mkdir", folder])
    return folder


@pytest.fixture
def volumes(cluster: Cluster) -> Iterator[str]:
    """New folders, one after another."""
    return iter(lambda: new_volume(cluster), None)


@pytest.fixture
def volume(cluster: Cluster) -> str:
    """A new folder of the test's own."""
    return new_volume(cluster)
