"""A host that is frozen, cut off or killed around each step of each operation, while another goes on."""

import json
import sys
from collections import Counter
from typing import Any

import pytest
from multihost.campaign import doctor, output
from multihost.rig.channel import PATIENCE
from multihost.rig.cluster import Cluster, Machine
from multihost.volume import events

pytestmark = pytest.mark.hosts


def _steps(machine: Machine, *arguments: str) -> Any:
    return machine.start([sys.executable, "-m", "multihost.steps", *arguments])


def _freeze(cluster: Cluster) -> None:
    cluster["a"].freeze()


def _thaw(cluster: Cluster) -> None:
    cluster["a"].thaw()


def _cut(cluster: Cluster) -> None:
    cluster["a"].cut()


def _mend(cluster: Cluster) -> None:
    cluster["a"].mend()


def _kill(cluster: Cluster) -> None:
    cluster["a"].kill()


def _boot(cluster: Cluster) -> None:
    cluster["a"].boot()
    cluster.wait_ready("a")


def test_host_frozen_around_some_steps_of_each_operation(cluster: Cluster, volume: str) -> None:
    _strike_around_steps(cluster, volume, "10", _freeze, _thaw)


@pytest.mark.slow
@pytest.mark.parametrize(("strike", "relent"), [(_freeze, _thaw), (_cut, _mend), (_kill, _boot)])
def test_host_struck_around_every_third_step_of_each_operation(
    cluster: Cluster, volume: str, strike: Any, relent: Any
) -> None:
    _strike_around_steps(cluster, volume, "3", strike, relent)


def _strike_around_steps(cluster: Cluster, volume: str, every: str, strike: Any, relent: Any) -> None:
    go = f"go-{volume.rpartition('/')[2]}"
    prepared = {e["project"]: e["images"] for e in events(_steps(cluster["c"], "prepare", volume, every).wait())}
    stopping = _steps(cluster["a"], "stop", volume, every, f"/mnt/share/{go}")
    stopping.wait_until(lambda out: out.count('"stopped"') + out.count('"ended"') == len(prepared), timeout=PATIENCE)
    strike(cluster)
    followed = events(_steps(cluster["b"], "follow", volume, every).wait())
    (cluster.share / go).touch()
    relent(cluster)
    stopped = events(output(stopping))

    print(json.dumps(_judge(cluster, volume, prepared, [*followed, *stopped])))
    assert Counter("stopped" in event for event in stopped)[True] > len(prepared) / 2, "most operations were stopped"


def _judge(cluster: Cluster, volume: str, prepared: dict[str, list[str]], said: list[dict[str, Any]]) -> dict[str, Any]:
    """Every answered operation holds in every project, before a repair and after it."""
    answered = [event for event in said if "did" in event]
    before = _state(cluster["b"], volume, list(prepared))
    found = doctor(cluster["b"], "repair", volume)
    left = doctor(cluster["b"], "check", volume)
    after = _state(cluster["b"], volume, list(prepared))
    lost = 0
    for event in answered:
        project = event["project"]
        for listed, primary in (before[project], after[project]):
            kept, second = prepared[project]
            lost += kept not in listed
            lost += event["did"] in ("upload", "finish") and event["result"] not in listed
            lost += event["did"] == "delete" and second in listed
            lost += event["did"] == "set-primary" and primary != second
    refused = Counter(event["refused"] for event in said if "refused" in event)
    doubled = sum(len(after[name][0]) > len(prepared[name]) + 1 for name in prepared if name.startswith("finish"))
    report = {"projects": len(prepared), "answered": len(answered), "refused": dict(refused)}
    report |= {"lost": lost, "doubled": doubled}
    assert not lost + doubled, report
    assert not left, left
    return report | {"repair found": found, "left after repair": left}


def _state(machine: Machine, volume: str, names: list[str]) -> dict[str, tuple[list[str], str | None]]:
    code = f"""
import json, sys
from core import projects
from multihost import volume
current = volume.settings({volume!r})
for name in sys.argv[1:]:
    found = projects.list_images(current, volume.project(name), projects.Page())
    print(json.dumps([name, [entry.id for entry in found.images], found.primary]))
"""
    lines = machine.python(code, *names).wait().splitlines()
    return {name: (listed, primary) for name, listed, primary in map(json.loads, lines)}
