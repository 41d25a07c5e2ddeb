"""Several hosts that write to one project at once, and what may happen to one of them meanwhile."""

import time

import pytest
from multihost.campaign import VICTIM, Tally, doctor, storm
from multihost.rig.cluster import RECONNECT_SECONDS, SERVER, Cluster

pytestmark = pytest.mark.hosts


def _nothing_lost(tally: Tally) -> None:
    print(tally)
    assert not tally.lost
    assert not tally.undead
    assert not tally.reader_errors, tally.reader_errors[:3]
    assert not tally.left
    assert tally.reads > 0


def _freeze_and_thaw(cluster: Cluster) -> None:
    cluster[VICTIM].freeze()
    time.sleep(cluster.lease + 5)
    cluster[VICTIM].thaw()


def _cut_and_mend(cluster: Cluster) -> None:
    cluster[VICTIM].cut()
    time.sleep(cluster.lease + 5)
    cluster[VICTIM].mend()


def _kill(cluster: Cluster) -> None:
    cluster[VICTIM].kill()


def _restart_the_server(cluster: Cluster) -> None:
    cluster[SERVER].kill()
    cluster[SERVER].boot(grace=RECONNECT_SECONDS + 10)
    cluster.wait_ready(SERVER)


def test_two_hosts_lose_nothing(cluster: Cluster, volume: str) -> None:
    tally = storm(cluster, volume, "ab", processes=4, operations=25)

    _nothing_lost(tally)
    assert not tally.refused
    assert tally.found == {}, "nothing died, so there is nothing to repair"


def test_host_killed_in_the_middle_of_it(cluster: Cluster, volume: str) -> None:
    _nothing_lost(storm(cluster, volume, "ab", processes=4, operations=40, misfortune=_kill))


@pytest.mark.slow
def test_doctor_repairs_meanwhile_and_sees_no_difference(cluster: Cluster, volume: str) -> None:
    found: list[dict[str, int]] = []

    def repair(cluster: Cluster) -> None:
        found.extend(doctor(cluster["c"], "repair", volume, abandoned_after=3600) for _ in range(5))

    _nothing_lost(storm(cluster, volume, "ab", processes=4, operations=100, misfortune=repair))
    assert found == [{}] * 5, "work under way is no difference"


@pytest.mark.slow
@pytest.mark.parametrize("hosts", ["ab", "abc"])
def test_thousands_of_operations_lose_nothing(cluster: Cluster, volume: str, hosts: str) -> None:
    tally = storm(cluster, volume, hosts, processes=4, operations=3000 // (4 * len(hosts)))

    _nothing_lost(tally)
    assert tally.found == {}


@pytest.mark.slow
@pytest.mark.parametrize("misfortune", [_kill, _freeze_and_thaw, _cut_and_mend, _restart_the_server])
def test_misfortune_loses_nothing(cluster: Cluster, volume: str, misfortune: object) -> None:
    tally = storm(cluster, volume, "abc", processes=3, operations=100, misfortune=misfortune)  # type: ignore[arg-type]

    _nothing_lost(tally)
