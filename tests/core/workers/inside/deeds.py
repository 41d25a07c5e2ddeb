"""What a decoder that went wrong or was taken over does: a file says it in a comment, `deed:<step>:<what>`."""

import ctypes
import json
import os
import re
import time

import doors

from core import renditions
from core.errors import CorruptImage
from core.renditions import decoding, pipeline

planned = {}


def install():
    """A worker does what is planned for a step before it does the step itself."""
    before(decoding, "open_picture", "open")
    before(decoding, "load_small", "decode")
    before(pipeline, "_encode", "encode")
    render = renditions.render

    def rendered(source, outputs, limits, sizes):
        found = re.search(rb"deed:(\w+):(\w+)(?: ({.*}))?", source.read())
        planned.update({found[1].decode(): found[2].decode(), "targets": found[3]} if found else {})
        planned["source"] = source
        do("start")
        made = render(source, outputs, limits, sizes)
        do("end", outputs)
        return made

    renditions.render = rendered


def before(module, name, step):
    function = getattr(module, name)

    def planned_first(*args, **kwargs):
        do(step)
        return function(*args, **kwargs)

    setattr(module, name, planned_first)


def do(step, outputs=None):
    deed = planned.pop(step, None)
    if deed is not None:
        globals()[deed](outputs)


def knock(_):
    raise CorruptImage(doors.knock(json.loads(planned["targets"])))


def crash(_):
    ctypes.string_at(0)


def leave(_):
    os._exit(0)


def loop(_):
    while True:
        pass


def sleep(_):
    time.sleep(3600)


def swell(_):
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))


def forge(outputs):
    """The renditions become something else than pictures."""
    for output in outputs.values():
        output.seek(0)
        output.write(b"<script>alert(1)</script>")
        output.flush()


def keep(outputs):
    """Hands the files in, and holds on to them."""
    planned["kept"] = [os.dup(output.fileno()) for output in outputs.values()]


def alter(_):
    """Tries to change what was handed in."""
    raise CorruptImage(" ".join(attempt(os.pwrite, file, b"forged", 0) for file in planned["kept"]))


def overwrite(_):
    raise CorruptImage(attempt(os.pwrite, planned["source"].fileno(), b"forged", 0))


def open_password_file(_):
    raise CorruptImage(attempt(open, "/etc/passwd"))


def attempt(function, *args):
    """The name of the error that it raises; `done` without one."""
    try:
        function(*args)
    except OSError as error:
        return type(error).__name__
    return "done"
