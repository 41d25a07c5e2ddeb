"""What the programs that run on the guests share: pictures, settings, and one line of JSON per event."""

import io
import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from core import ids, projects, uploads
from core.errors import OffsetConflict, UploadLocked
from core.ids import ProjectId, UploadId
from core.settings import Settings
from core.uploads import Upload
from core.volume import layout

LAST = 10  # bytes of a resumable upload's last piece
LOCK_TIMEOUT = 300.0  # seconds: longer than a lease, so that what waits for a dead host's lock gets it


def settings(root: str) -> Settings:
    return replace(Settings(), storage_root=Path(root), lock_timeout=LOCK_TIMEOUT)


def project(name: str) -> ProjectId:
    return ids.project_id(name)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(buffer, "JPEG")
    return buffer.getvalue()


def upload(current: Settings, name: str, content: bytes) -> str:
    """One upload as the handler does it; the id that a client is answered."""
    stored = projects.publish(current, project(name), projects.render(current, io.BytesIO(content)))
    return projects.commit(current, stored)[1].id


def begin(current: Settings, name: str, content: bytes) -> Upload:
    """A resumable upload of which all has arrived but the last piece."""
    created = uploads.create(current, project(name), len(content))
    return uploads.append(current, created, content[:-LAST])


def finish(current: Settings, name: str, content: bytes) -> str:
    """Sends the last piece of a project's upload as clients do, again while another request has it: the image's id."""
    while True:
        found = uploads.find(current, project(name), only_upload(current, name))
        if found.is_complete:
            return str(found.image_id)
        with suppress(UploadLocked, OffsetConflict):
            return _finish(current, found, content)


def only_upload(current: Settings, name: str) -> UploadId:
    (found,) = os.listdir(layout.uploads_folder(current.storage_root) / name)
    return ids.upload_id(found)


def _finish(current: Settings, found: Upload, content: bytes) -> str:
    with uploads.writing(current, found) as writer:
        writer.put(found.offset, content[found.offset :])
        if projects.claim(current, writer.upload.project_id, writer):
            claim = writer.upload
            rendered = projects.render(current, io.BytesIO(content))
            stored = projects.publish(current, claim.project_id, rendered, claim.image_id)
            projects.commit(current, stored, lambda: projects.still_claimed(current, claim))
        writer.complete()
        return str(writer.upload.image_id)


def say(**event: Any) -> None:
    """Tells the test's process; what it has read was answered, whatever happens to this host afterwards."""
    print(json.dumps(event), flush=True)


def events(output: str) -> list[dict[str, Any]]:
    """What was said, without a last line that was cut off."""
    return [json.loads(line) for line in output.split("\n")[:-1] if line.startswith("{")]
