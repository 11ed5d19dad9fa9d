"""A reverse proxy on loopback, as a team's would stand in front of the page: it knows its users and says who asks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator


class Proxy:
    """`user` is told by basic authentication, of which the proxy takes any password; `adds` is sent with each request.

    One request a connection, or one WebSocket: enough for a test, and every byte after the head is passed on.
    """

    def __init__(self, behind: int, adds: dict[str, str], header: str = "X-Forwarded-User") -> None:
        self.behind, self.adds, self.header, self.port = behind, adds, header, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
            pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
            known = next((value for name, value in pairs if name.lower() == "authorization"), "")
            user = base64.b64decode(known.removeprefix("Basic ")).decode().partition(":")[0] if known else ""
            dropped = {self.header.lower(), *(name.lower() for name in self.adds), "authorization"}
            sent = [f"{name}: {value}" for name, value in pairs if name.lower() not in dropped]
            sent += [f"{name}: {value}" for name, value in self.adds.items()]
            sent += [f"{self.header}: {user}"] if user else []
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.behind)
            back_writer.write("\r\n".join([first, *sent, "", ""]).encode("latin-1"))
            await asyncio.wait(
                {asyncio.ensure_future(pipe(reader, back_writer)), asyncio.ensure_future(pipe(back_reader, writer))},
                return_when=asyncio.FIRST_COMPLETED,
            )
            back_writer.close()
        writer.close()


async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()


@contextlib.contextmanager
def proxying(behind: int, **adds: str) -> Iterator[Proxy]:
    """Stands in front of the port `behind` until the block is left; underscores of a header's name are hyphens."""
    proxy = Proxy(behind, {name.replace("_", "-"): value for name, value in adds.items()})
    loop, ready = asyncio.new_event_loop(), threading.Event()
    stopped = asyncio.Event()

    async def serve_until_stopped() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def work() -> None:
        loop.run_until_complete(serve_until_stopped())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)


def as_user(name: str) -> dict[str, str]:
    """How a person says to the proxy who he is."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:x'.encode()).decode()}"}
