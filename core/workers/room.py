"""Checks that this machine has the memory that the settings allow a picture."""

from core import machine
from core.errors import DecoderLost
from core.settings import Settings


def require(settings: Settings) -> None:
    """Raises DecoderLost when one picture may take more memory than the machine has: its worker would be killed."""
    there = machine.memory()
    if there is not None and settings.decode_memory > there:
        raise DecoderLost(
            f"One picture may take {settings.decode_memory} bytes of memory, and there are {there}: "
            "set IMGSRV_DECODE_MEMORY to less."
        )
