"""Work beside work: nothing is lost, nothing goes on behind the caller's back, and failures are seen."""

import time

import numpy as np
import pytest
from PIL import Image

from core.renditions import parallel


def test_the_block_waits_for_what_runs_beside_it():
    done = []
    with parallel.beside(lambda: (time.sleep(0.05), done.append(True))):
        pass
    assert done


def test_the_block_waits_even_when_it_fails():
    # Whoever catches the error may close the file that the other still writes.
    done = []
    with pytest.raises(ZeroDivisionError), parallel.beside(lambda: (time.sleep(0.05), done.append(True))):
        raise ZeroDivisionError
    assert done


def test_a_failure_beside_is_raised_by_the_block():
    with pytest.raises(ZeroDivisionError), parallel.beside(lambda: 1 / 0):
        pass


@pytest.mark.parametrize("failing", range(8))
def test_a_strip_that_fails_fails_the_picture(failing):
    image = Image.new("RGB", (8, 2000))
    image.putpixel((0, failing * 256), (255, 255, 255))

    def convert(strip):
        return 1 / 0 if strip.getpixel((0, 0))[0] else strip

    with pytest.raises(ZeroDivisionError):
        parallel.by_strips(image, convert, "RGB")


def test_strips_of_a_read_only_picture_are_not_lost():
    # HEIC comes marked so; the copy that Pillow then makes at the first change is slowed down here.
    class Slow(Image.Image):
        def _copy(self):
            copied = self.im.copy()
            time.sleep(0.05)
            self.im, self.readonly = copied, 0

    image = Slow()
    image._mode, image._size, image.im, image.readonly = "RGB", (8, 2000), Image.new("RGB", (8, 2000)).im, 1
    result = parallel.by_strips(image, lambda strip: Image.new("RGB", strip.size, "white"), "RGB")
    assert np.asarray(result).min() == 255
