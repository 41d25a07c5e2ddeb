"""Photos as large as people have them, the clients that npm has, and the service to send them to."""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from buckets import Bucket
from PIL import Image
from service import Service

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder with node_modules, installed as package-lock.json says."""
    if which("npm") is None:
        pytest.skip("needs Node.js and npm")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=FOLDER, check=True)
    return FOLDER


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A JPEG of about 80 MB, a PNG of about 30 MB, and a JPEG of two chunks, by name; noise, so incompressible."""
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(7)
    found = {}
    for name, (width, height), options in [
        ("large.jpg", (5400, 3600), {"quality": 100, "subsampling": 0}),
        ("large.png", (3700, 2700), {"compress_level": 0}),
        ("small.jpg", (1700, 1300), {"quality": 100, "subsampling": 0}),
    ]:
        pixels = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
        found[name] = folder / name
        Image.fromarray(pixels).save(found[name], None, **options)
    return found


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """What large photos leave functions through."""
    with Bucket(tmp_path_factory.mktemp("s3") / "log") as running:
        yield running


@pytest.fixture
def server(mode: str, bucket: Bucket, tmp_path: Path) -> Iterator[Service]:
    """A service of the test's own, which it may kill."""
    environment = bucket.environment | {"IMGSRV_MAX_UPLOAD_BYTES": "100000000"}
    with Service(tmp_path / "storage", "--mode", mode, **environment) as running:
        running.client.timeout = 120
        yield running


def renditions(path: Path) -> dict[str, bytes]:
    """The four JPEGs that a file becomes, whoever serves them."""
    from core import renditions
    from core.settings import Limits
    from core.sizes import STANDARD

    outputs = {size: io.BytesIO() for size in STANDARD}
    limits = Limits(max_upload_bytes=100_000_000)
    with path.open("rb") as source:
        renditions.render(source, outputs, limits, STANDARD)
    return {size: output.getvalue() for size, output in outputs.items()}
