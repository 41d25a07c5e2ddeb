"""HTTP: the only room of core that knows FastAPI, Starlette and Mangum.

app.py       make_app(): one FastAPI app a function, the guard around it, the log line
problems.py  error -> HTTP, in one place
answers.py   files and JSON as answers: ETag, 304, Range, HEAD
reads.py     GET routes that FastAPI documents and plain ASGI serves
forms.py     one file out of a multipart body (imported by the upload alone)
deployed.py  make_handler(): the app as a Lambda function
models.py    response bodies and parameters, for OpenAPI
"""
