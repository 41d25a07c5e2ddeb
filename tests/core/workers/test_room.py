"""The start and the health check say so when a picture may take more memory than there is."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from service import ROOT
from waiting import BOUND

from core import machine, workers
from core.errors import DecoderLost
from core.settings import Settings
from handlers import health


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 1000 kB, whose container says nothing yet."""
    (tmp_path / "meminfo").write_text("MemFree: 1 kB\nMemTotal:       1000 kB\n")
    monkeypatch.setattr(machine, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_GROUP", tmp_path)
    return tmp_path


def test_a_picture_may_take_what_there_is(small: Path) -> None:
    workers.require_room(Settings(decode_memory=1_024_000))
    with pytest.raises(DecoderLost, match="IMGSRV_DECODE_MEMORY"):
        workers.require_room(Settings(decode_memory=1_024_001))


@pytest.mark.parametrize(
    ("name", "content", "bytes_there"),
    [
        ("memory.max", "5000\n", 5000),
        ("memory.max", "max\n", 1_024_000),
        ("memory/memory.limit_in_bytes", "5000\n", 5000),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", 1_024_000),
    ],
)
def test_a_containers_limit_counts_where_it_is_less(small: Path, name: str, content: str, bytes_there: int) -> None:
    (small / name).parent.mkdir(exist_ok=True)
    (small / name).write_text(content)
    assert machine.memory() == bytes_there


@pytest.mark.parametrize("content", ["", "MemTotal:", "MemTotal: many kB"])
def test_where_nobody_says_nothing_is_required(small: Path, content: str) -> None:
    (small / "meminfo").write_text(content)
    workers.require_room(Settings(decode_memory=1 << 40))


def test_a_picture_may_take_three_quarters_of_a_small_machine(small: Path) -> None:
    assert Settings.from_env({}).decode_memory == 768_000
    assert Settings.from_env({"IMGSRV_DECODE_MEMORY": "2000000"}).decode_memory == 2_000_000


def test_the_start_is_refused_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "local_server.py", "--port", "0", "--storage", str(tmp_path / "s")]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={"IMGSRV_DECODE_MEMORY": str(1 << 40)},
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "IMGSRV_DECODE_MEMORY" in result.stderr


def test_the_health_check_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Settings(storage_root=small, decode_memory=1 << 40)
    monkeypatch.setattr(health, "current", lambda: own)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(health.app), base_url="http://t") as client:
            return await client.get("/healthz")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/decoder-lost")
    assert "IMGSRV_DECODE_MEMORY" in answer.json()["detail"]
