"""doctor locktest, as a user runs it: on two hosts at once, on a mount that serves stale reads."""

import json
import sys

import pytest
from multihost.rig.cluster import Cluster

pytestmark = pytest.mark.hosts


def test_two_hosts_find_each_other_and_that_nothing_is_lost(cluster: Cluster, volume: str) -> None:
    options = ["--hosts", "2", "--processes", "2", "--rounds", "25", "--json"]
    command = [sys.executable, "-m", "core.doctor", "locktest", volume, *options]
    results = [json.loads(run.wait()) for run in [cluster[host].start(command) for host in "ab"]]

    assert results[0] == results[1]
    assert results[0]["changes"] == 100
    assert results[0]["lost"] == 0
    assert not results[0]["same_host_name"]
    print(results[0])
