"""Resumable uploads: their bytes, which arrive in pieces on any host, and their state meanwhile; without HTTP.

    state       what an upload's mark, a file name, records: offset, length, image
    staging     creates an upload, writes to it, ends it
    expiry      finds uploads that nobody continues, and a project's unfinished uploads

The verbs make the image itself (core/projects/finishing.py).
"""

from core.uploads.expiry import staged, staged_in
from core.uploads.staging import Writer, append, bounds, check_offset, create, discard, turn, under_key, writing
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
    "staged_in",
    "turn",
    "under_key",
    "writing",
]
