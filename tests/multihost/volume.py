"""What the programs that run on the guests share: pictures, settings, and one line of JSON per event."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from core import ids, projects
from core.ids import ProjectId
from core.settings import Settings

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
    return projects.commit(current, projects.store(current, project(name), io.BytesIO(content)))[0].id


def say(**event: Any) -> None:
    """Tells the test's process; what it has read was answered, whatever happens to this host afterwards."""
    print(json.dumps(event), flush=True)


def events(output: str) -> list[dict[str, Any]]:
    """What was said, without a last line that was cut off."""
    return [json.loads(line) for line in output.split("\n")[:-1] if line.startswith("{")]
