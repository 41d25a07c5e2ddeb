"""HTTP: the only room of core that knows FastAPI, Starlette and Mangum.

app.py       make_app(): one FastAPI app a function
guard.py     what stands around it: errors become problems, the log line, refused bodies
problems.py  error -> HTTP, in one place
answers.py   files and JSON as answers: ETag, 304, Range, HEAD
reads.py     GET routes that FastAPI documents and plain ASGI serves
turns.py     changes to one project take turns before they take a thread
threads.py   threads for what waits on the storage
forms.py     one file out of a multipart body (imported by the upload alone)
deployed.py  make_handler(): the app as a Lambda function
models.py    response bodies and parameters, for OpenAPI

Importing this imports the frameworks, which is most of every function's cold start, as cheaply as it
can be done (bench/coldstart.py measures it).
"""

import gc
import sys

# FastAPI asks of every annotation whether it is a model of Pydantic 1, and takes "there is no Pydantic 1"
# for an answer. There is no such model here, and to import it costs 18 ms.
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]

# Nothing that is imported is garbage: looking for some meanwhile takes a quarter of the time, and once
# frozen it is not looked at in any later collection either.
_collects = gc.isenabled()
gc.disable()
import fastapi  # noqa: E402, F401
import mangum  # noqa: E402, F401

gc.freeze()
if _collects:
    gc.enable()
