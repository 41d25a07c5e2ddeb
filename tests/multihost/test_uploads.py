"""A resumable upload whose chunks land on one host after the other, and whose last lands on all of them at once."""

import json

import pytest
from multihost.rig.cluster import Cluster, Machine

pytestmark = pytest.mark.hosts
TURNS = 9
_START = """
import json, sys
from core import projects, uploads
from multihost import volume
root, *more = sys.argv[1:]
current, project = volume.settings(root), volume.project("p")
"""


def _run(machine: Machine, code: str, *arguments: object) -> str:
    return machine.python(_START + code, *map(str, arguments)).wait().strip()


def test_chunks_go_to_one_host_after_the_other(cluster: Cluster, volume: str) -> None:
    upload = _run(cluster["a"], "print(uploads.create(current, project, 1000).id)", volume)
    append = """
offset, byte = json.loads(more[1])
found = uploads.find(current, project, more[0])
print(json.dumps([found.offset, uploads.append(current, found, bytes([byte]) * 10).offset]))
"""
    for turn in range(TURNS):
        machine = cluster["abc"[turn % 3]]
        seen = json.loads(_run(machine, append, volume, upload, json.dumps([turn * 10, turn])))
        assert seen == [turn * 10, turn * 10 + 10], "a host saw an old offset"
    content = _run(cluster["b"], f"print(open(root + '/uploads/p/{upload}/bytes', 'rb').read().hex())", volume)
    assert bytes.fromhex(content) == b"".join(bytes([turn]) * 10 for turn in range(TURNS))


def test_last_chunk_on_every_host_at_once_makes_one_image(cluster: Cluster, volume: str) -> None:
    for number in range(2):
        start = _START.replace('"p"', f'"p{number}"')
        cluster["a"].python(start + f"volume.begin(current, 'p{number}', volume.picture())", volume).wait()
        finish = start + f"print(volume.finish(current, 'p{number}', volume.picture()))"
        running = [cluster[name].python(finish, volume) for name in "abc"]
        images = {command.wait().strip() for command in running}
        assert len(images) == 1, "each host told of an image of its own"
        listing = (
            start + "print(*(entry.id for entry in projects.list_images(current, project, projects.Page()).images))"
        )
        for name in "abc":
            assert {cluster[name].python(listing, volume).wait().strip()} == images
