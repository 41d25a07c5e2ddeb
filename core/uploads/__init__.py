"""Resumable uploads: bytes that arrive in pieces, on any host, and what is known of them meanwhile; knows no HTTP.

    state       what a folder's one mark says: offset, length, image
    staging     create an upload, write to it, end it
    expiry      what nobody goes on with, and which of a project's uploads are on their way

The image itself is made by the verbs (core/projects/finishing.py).
"""

from core.uploads.expiry import staged
from core.uploads.staging import Writer, append, bounds, check_offset, create, discard, under_key, writing
from core.uploads.state import Upload, find, metadata

__all__ = [
    "Upload",
    "Writer",
    "append",
    "bounds",
    "check_offset",
    "create",
    "discard",
    "find",
    "metadata",
    "staged",
    "under_key",
    "writing",
]
