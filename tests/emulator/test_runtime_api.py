"""The Runtime API is for the process that it was made for, not for whoever reaches this machine's ports."""

import asyncio

import pytest

from emulator.runtime_api import RuntimeApi


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ("Host: {address}", True),
        ("Host: {address}\r\nOrigin: https://evil.example", False),
        ("Host: {address}\r\nSec-Fetch-Site: cross-site", False),
        ("Host: evil.example", False),
        ("X: y", False),
    ],
)
def test_a_web_page_is_not_answered(headers, answered):
    async def run():
        api = RuntimeApi(lambda: None)
        address = await api.open()
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = '{"errorType": "Forged", "errorMessage": "by a page"}'
        lines = f"{headers.format(address=address)}\r\nContent-Length: {len(body)}"
        writer.write(f"POST /2018-06-01/runtime/init/error HTTP/1.1\r\n{lines}\r\n\r\n{body}".encode())
        answer = await reader.read(12)
        writer.close()
        await writer.wait_closed()
        await api.close()
        return answer, api.init_error

    answer, error = asyncio.run(run())
    assert (answer == b"HTTP/1.1 202", error is not None) == (answered, answered)
