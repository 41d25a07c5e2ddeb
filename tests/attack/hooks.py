"""How schemathesis sends the body of an upload in parts: as it is."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(context, value):
    return value.encode() if isinstance(value, str) else value
