"""What core reads on one host right after another host changed it, whatever was cached before."""

import json

import pytest
from multihost.rig.channel import Command
from multihost.rig.cluster import Cluster

pytestmark = pytest.mark.hosts

READ = """
import json, os, sys, time
from core import projects
from core.errors import ServiceError
from multihost import volume
current, project = volume.settings(sys.argv[1]), volume.project("p")

def cover():
    try:
        image, file = projects.open_cover(current, project)
    except ServiceError as error:
        return error.slug
    os.close(file.descriptor)
    return image

def look():
    found = projects.list_images(current, project, projects.Page())
    print(json.dumps([[entry.id for entry in found.images], found.primary, cover()]), flush=True)

look()
look()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
look()
"""


def _reader(cluster: Cluster, host: str, volume: str) -> Command:
    """A process that has looked twice, and looks again once told to."""
    reader = cluster[host].python(READ, volume, f"/mnt/share/{_signal(volume)}")
    reader.wait_until(lambda out: out.count("\n") == 2)
    return reader


def _signal(volume: str) -> str:
    return f"look-{volume.rpartition('/')[2]}"


def _last_look(cluster: Cluster, volume: str, reader: Command) -> list[object]:
    (cluster.share / _signal(volume)).touch()
    looked: list[object] = json.loads(reader.wait().splitlines()[-1])
    return looked


def _do(cluster: Cluster, volume: str, code: str) -> str:
    head = (
        f"import sys; from core import projects; from multihost import volume; current = volume.settings({volume!r});"
    )
    project = "project = volume.project('p'); content = volume.picture();"
    return cluster["a"].python(head + project + code).wait().strip()


def test_project_that_was_missing_is_seen_at_once(cluster: Cluster, volume: str) -> None:
    reader = _reader(cluster, "b", volume)

    image = _do(cluster, volume, "print(volume.upload(current, 'p', content))")

    assert _last_look(cluster, volume, reader) == [[image], image, image]


def test_index_replaced_while_a_third_host_has_it_open_is_read_anew(cluster: Cluster, volume: str) -> None:
    first = _do(cluster, volume, "print(volume.upload(current, 'p', content))")
    hold = f"file = open('{volume}/projects/p/meta.json'); print('open', flush=True); import time; time.sleep(3600)"
    holder = cluster["c"].python(hold)
    holder.wait_for("open")
    reader = _reader(cluster, "b", volume)

    second = _do(
        cluster,
        volume,
        "image = volume.upload(current, 'p', content); projects.set_primary(current, project, image); print(image)",
    )

    assert _last_look(cluster, volume, reader) == [[first, second], second, second]
    holder.stop()


def test_deleted_image_is_gone_at_once(cluster: Cluster, volume: str) -> None:
    first, second = _do(cluster, volume, "print(*(volume.upload(current, 'p', content) for _ in range(2)))").split()
    reader = _reader(cluster, "b", volume)

    _do(cluster, volume, f"projects.delete(current, project, {first!r})")

    assert _last_look(cluster, volume, reader) == [[second], second, second]
