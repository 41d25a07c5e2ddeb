"""tuspy, unmodified: one request for a whole file, chunks, checksums, and going on from a stored URL."""

from pathlib import Path
from typing import Any

import pytest
from service import Service

pytestmark = [
    pytest.mark.clients,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # it leaves its files open
]
tuspy = pytest.importorskip("tusclient.client", reason="make test-clients installs it")
filestorage = pytest.importorskip("tusclient.storage.filestorage", reason="make test-clients installs it")
CHUNK = 4 << 20


def listed(server: Service) -> list[str]:
    return [image["image_id"] for image in server.client.get("/projects/p/images").json()["images"]]


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
def test_large_photo_arrives(server: Service, photos: dict[str, Path], name: str, checksum: bool) -> None:
    client = tuspy.TusClient(f"{server.url}/projects/p/uploads")
    uploader = client.uploader(str(photos[name]), chunk_size=CHUNK, upload_checksum=checksum)
    uploader.upload()
    assert uploader.offset == photos[name].stat().st_size
    assert listed(server) == [server.client.get(str(uploader.url)).json()["image_id"]]


def test_whole_file_in_one_request(server: Service, photos: dict[str, Path], mode: str) -> None:
    if mode != "asgi":
        pytest.skip("a function's event carries 4.7 MB")
    client = tuspy.TusClient(f"{server.url}/projects/p/uploads")
    client.uploader(str(photos["large.png"]), metadata={"filename": "größe.png"}).upload()
    assert len(listed(server)) == 1


def test_stored_url_goes_on(server: Service, photos: dict[str, Path], tmp_path: Path) -> None:
    client = tuspy.TusClient(f"{server.url}/projects/p/uploads")

    def uploader() -> Any:
        return client.uploader(
            str(photos["large.png"]),
            chunk_size=CHUNK,
            store_url=True,
            url_storage=filestorage.FileStorage(str(tmp_path / "urls")),
        )

    uploader().upload_chunk()
    second = uploader()
    assert second.offset == CHUNK
    second.upload()
    assert len(listed(server)) == 1
