"""HTTP: the only room of core that knows FastAPI, Starlette and Mangum.

app.py       make_app(): one FastAPI app per function
guard.py     wraps the app: turns errors into problems, bounds slow and unread bodies
requestlog.py  the log line of each request
problems.py  error -> HTTP, in one place
answers.py   files and JSON as answers: ETag, 304, Range, HEAD
conditions.py  parses a request's conditions
query.py     parses a request's query, in the same way for access and routes
reads.py     GET routes that FastAPI documents and plain ASGI serves
changing.py  changes to a project, each of which waits for its turn before it takes a thread
threads.py   threads for work that waits for the storage
forms.py     reads one file from a multipart body (only the upload imports it)
pieces.py    reads the body of a resumable upload's request; tus.py its headers
deployed.py  make_handler(): the app as a Lambda function
values.py    what requests and answers may hold, for OpenAPI
models.py    bodies of answers that several functions document
shown.py     the bytes of these bodies
paths.py     the URLs that answers name

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
