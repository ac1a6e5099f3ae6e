"""A provider on this machine that takes every POST and notes its key, when it was due and came.

    POST /s?k=KEY&due=EPOCH[&wait=SECONDS][&busy=SECONDS]     GET /count  /dump  /reset

`wait` is how long it takes to answer; `busy` makes it answer 429 with that Retry-After.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import parse_qsl

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
came: list[tuple[str, float, float]] = []


class Line(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head = self.rest[:end].decode()
            length, at = 0, head.lower().find("content-length:")
            if at >= 0:
                length = int(head[at + 15 :].split("\r\n", 1)[0])
            if len(self.rest) < end + 4 + length:
                return
            self.rest = self.rest[end + 4 + length :]
            self.answer(*head.split(" ", 2)[1].partition("?")[::2])

    def answer(self, path: str, query: str) -> None:
        if path == "/s":
            said = dict(parse_qsl(query))
            if "busy" in said:
                busy = (
                    f"HTTP/1.1 429 Busy\r\nRetry-After: {said['busy']}\r\nContent-Length: 0\r\n\r\n"
                )
                came.append((f"busy:{said['k']}", float(said["due"]), time.time()))
                self.transport.write(busy.encode())
                return
            came.append((said["k"], float(said["due"]), time.time()))
            if wait := float(said.get("wait", 0)):
                asyncio.get_running_loop().call_later(wait, self.transport.write, OK)
            else:
                self.transport.write(OK)
            return
        if path == "/reset":
            came.clear()
        body = json.dumps(came if path == "/dump" else len(came)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Line, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
