"""HTTP: the only room of core that knows FastAPI, Starlette and Mangum.

app.py       make_app(): one FastAPI app a function
guard.py     what stands around it: errors become problems; refused and slow bodies
requestlog.py  the line that a request leaves
problems.py  error -> HTTP, in one place
answers.py   files and JSON as answers: ETag, 304, Range, HEAD
conditions.py  what the conditions of a request say
query.py     a request's query, parsed in one way for access and routes
reads.py     GET routes that FastAPI documents and plain ASGI serves
changing.py  changes to a project, which take turns before they take a thread
threads.py   threads for what waits on the storage
forms.py     one file out of a multipart body (imported by the upload alone)
deployed.py  make_handler(): the app as a Lambda function
models.py    response bodies and parameters, for OpenAPI

Importing this imports the frameworks, which is most of every function's cold start, as cheaply as it
can be done (bench/coldstart.py measures it). So handlers take what they need of FastAPI from here.
"""

import gc

# Nothing that is imported is garbage: looking for some meanwhile takes a quarter of the time, and once
# frozen it is not looked at in any later collection either.
_collects = gc.isenabled()
gc.disable()
from pydantic import BaseModel  # noqa: E402

# FastAPI's models of an OpenAPI document take a sixth of the cold start to build, and no deployed function
# shows the document: they are built when they are first used. Only they, since the first use of a model
# that has still to be built is not safe in two threads at once.
BaseModel.model_config["defer_build"] = True
import mangum  # noqa: E402, F401
from fastapi import Request, Response  # noqa: E402

del BaseModel.model_config["defer_build"]
gc.freeze()
if _collects:
    gc.enable()

__all__ = ["Request", "Response"]
