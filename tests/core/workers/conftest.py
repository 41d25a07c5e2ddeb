"""A place for hostile code inside the workers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from photos import photo
from service import Service

INSIDE = Path(__file__).with_name("inside")
LIMITS = {"IMGSRV_DECODE_WORKERS": "1", "IMGSRV_DECODE_CPU_SECONDS": "1"}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with one worker, in which a picture's comment says what the decoder does (inside/deeds.py)."""
    storage = tmp_path_factory.mktemp("hostile") / "storage"
    with Service(storage, PYTHONPATH=str(INSIDE), **LIMITS) as service:
        yield service


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Service]:
    """Such a server, in which a picture may take five seconds, whoever else uses the cores."""
    with Service(tmp_path / "storage", PYTHONPATH=str(INSIDE), **LIMITS | {"IMGSRV_DECODE_SECONDS": "5"}) as service:
        yield service


@pytest.fixture
def deed() -> Callable[[str, str], bytes]:
    """A photo that has something done at a step of its decoding."""
    return lambda step, what: photo(64, 48, comment=f"deed:{step}:{what}".encode())
