"""HTTP: the only room of core that knows FastAPI, Starlette and Mangum.

    app         one FastAPI app per function; deployed makes it a Lambda function
    guard       wraps the app: bounds slow and unread bodies; problems has errors, requestlog the log line
    gate        checks a request's permissions by its head, before its body is read
    reads       GET routes that FastAPI documents and plain ASGI serves; query and conditions parse their requests
    answers     files and JSON: ETag, 304, Range, HEAD; bucket has files that are too large for one answer
    changing    changes to a project, each of which waits for its turn before it takes a thread (threads)
    forms       reads one file from a multipart body (only the upload imports it); bodies reads JSON
    once        makes the image of an upload, and makes it once; quotas says whether it has room
    receiving   resumable uploads: tus has their headers, pieces their bodies
    purging     removes the copies of what was deleted
    models      bodies of answers that several functions document, with values; shown makes their bytes
    paths       the URLs that answers name; base has what precedes them
    openapi     adds to the schema what FastAPI does not know

Importing this package imports the frameworks, which is most of every function's cold start, as cheaply
as possible (bench/coldstart.py measures it). So handlers import FastAPI's names from here.
"""

import gc

# Imports make no garbage: collecting meanwhile would take a quarter of the time. Frozen objects are also
# skipped in every later collection.
_collects = gc.isenabled()
gc.disable()
from pydantic import BaseModel  # noqa: E402

# Building FastAPI's models of an OpenAPI document takes a sixth of the cold start, and no deployed function
# serves the document, so they are built on first use. Only these models, since two threads must not use a
# model for the first time at once while it is still to be built.
BaseModel.model_config["defer_build"] = True
import mangum  # noqa: E402, F401
from fastapi import Request, Response  # noqa: E402

del BaseModel.model_config["defer_build"]
gc.freeze()
if _collects:
    gc.enable()

__all__ = ["Request", "Response"]
