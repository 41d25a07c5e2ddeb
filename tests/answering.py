"""An answer of core/web/answers.py on its own, without a server."""

import asyncio
from typing import Any

from core.web.answers import Answer


def ask(answer: Answer, method: str = "GET", **headers: str) -> list[dict[str, Any]]:
    """The messages that the answer sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(answer({"type": "http", "method": method, "headers": pairs}, None, send))  # type: ignore[arg-type]
    return sent
