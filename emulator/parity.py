"""`--parity`: each read is answered in both ways, as asgi and as event, and any difference is logged.

The client gets the event's answer. What changes something is sent once, as an event: sent twice it
would be done twice. (The tests run the same suite in every mode, writes included.)
"""

import logging

from emulator.asgi import App, Message, Receive, Scope, Send

log = logging.getLogger("emulator.parity")
READS = ("GET", "HEAD", "OPTIONS")
OWN = {b"apigw-requestid", b"date"}  # of the gateway, or of the moment


class Answer:
    """Collects what an app sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return sorted((name.lower(), value) for name, value in self.messages[0]["headers"] if name.lower() not in OWN)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def compared(asgi: App, event: App) -> App:
    """An app that answers as `event` does, and holds reads against `asgi`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in READS:
            await event(scope, receive, send)
            return
        answers = []
        for way in (asgi, event):
            answer = Answer()
            await way({**scope}, _no_body, answer.send)
            answers.append(answer)
        for difference in differences(answers[0], answers[1], has_body=scope["method"] != "HEAD"):
            log.warning("%s %s: %s", scope["method"], scope["path"], difference)
        for message in answers[1].messages:
            await send(message)

    return app


def differences(asgi: Answer, event: Answer, has_body: bool) -> list[str]:
    """One line for status, headers or body that the two answers do not share."""
    pairs: dict[str, tuple[object, object]] = {
        "status": (asgi.status, event.status),
        "headers": (asgi.headers, event.headers),
    }
    if has_body:  # what an app sends after a HEAD, the server drops
        pairs["body"] = (asgi.body, event.body)
    return [f"{part}: asgi {one!r:.300}, event {two!r:.300}" for part, (one, two) in pairs.items() if one != two]


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
