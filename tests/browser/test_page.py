"""The page as a person uses it: each scenario of tour.mjs in a real Chromium, on the laptop and as deployed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from photos import photo
from service import Service

from core.access import tokens

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent
SECRET = "p" * 40


@pytest.fixture(scope="session", params=("asgi", "lambda"))
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Four photos of different shapes."""
    shapes = [(640, 480), (480, 640), (900, 400), (500, 500)]
    paths = [tmp_path / f"photo-{number}.jpg" for number in range(4)]
    for path, (width, height) in zip(paths, shapes, strict=True):
        path.write_bytes(photo(width, height))
    return [str(path) for path in paths]


def tour(node: Path, chromium: str, service: Service, scenario: str, *arguments: str) -> str:
    command = ["node", str(FOLDER / "tour.mjs"), chromium, service.url, scenario, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{service.log[-3000:]}"
    return done.stdout


@pytest.fixture
def own(mode: str, tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "storage", "--mode", mode) as running:
        yield running


SCENARIOS = [
    "start",
    "order",
    "duplicate",
    "viewer",
    "cover",
    "undo",
    "keyboard",
    "paste",
    "several",
    "german",
    "docs",
    "offline",
    "throttled",
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_page(node: Path, chromium: str, own: Service, pictures: list[str], scenario: str) -> None:
    tour(node, chromium, own, scenario, *pictures)


def test_a_refusal_is_told_in_its_own_words(node: Path, chromium: str, own: Service, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(photo()[:700])
    tour(node, chromium, own, "refused", str(tmp_path / "broken.jpg"))


def test_a_large_upload_goes_on_after_a_reload(
    node: Path, chromium: str, own: Service, photos: dict[str, Path]
) -> None:
    tour(node, chromium, own, "reload", str(photos["large.png"]))


def test_nothing_moves_while_photos_load(node: Path, chromium: str, own: Service) -> None:
    for number in range(40):
        shape = (400 + 37 * (number % 5), 300 + 53 * (number % 7))
        answer = own.client.post("/projects/tour/images", files={"file": ("a.jpg", photo(*shape))})
        assert answer.status_code == 201
    tour(node, chromium, own, "still", "40")


def test_private_reads_need_a_token(node: Path, chromium: str, mode: str, tmp_path: Path, pictures: list[str]) -> None:
    token = tokens.mint({"1": SECRET.encode()}, 600, project="tour", scope="upload delete primary read list")
    settings = {"IMGSRV_SECRET": SECRET, "IMGSRV_PRIVATE_READS": "yes"}
    with Service(tmp_path / "storage", "--mode", mode, **settings) as guarded:
        tour(node, chromium, guarded, "guarded", pictures[0], token)
