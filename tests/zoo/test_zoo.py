"""The costliest files we can make are pictures or refusals, within what one picture may use."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from tempfile import TemporaryFile

import pytest
from zoo.animals import MOST, animals

from core.errors import RejectedImage
from core.projects import files
from core.settings import Settings
from core.workers.forking import Template
from core.workers.process import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """A worker under the default limits."""
    template = Template(Settings())
    worker = Worker(template, Settings().decode_seconds)
    yield worker
    worker.close()
    template.close()


def test_there_are_enough() -> None:
    assert len(animals) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("name", animals)
def test_costliest_file(worker: Worker, name: str) -> None:
    content, settings = animals[name](), Settings()
    assert len(content) <= MOST
    with ExitStack() as stack:
        outputs = {size: stack.enter_context(files.scratch(size)) for size in settings.sizes}
        source = stack.enter_context(TemporaryFile())
        source.write(content)
        source.flush()
        with suppress(RejectedImage):
            made = worker.render(source, outputs, settings.limits, settings.sizes)
            assert made.sizes
