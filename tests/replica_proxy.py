#!/usr/bin/env python3
"""A small proxy in front of the replicas of a team's server, for their soak.

    python3 tests/replica_proxy.py PORT REPLICA_PORT...

Asks each replica twenty times a second whether it is alive, and sends each request to the next one that is. A request
that finds no connection goes to another replica; one that was sent is not repeated. Answers 502 if the connection to the
replica ends before the answer, and 504 if no replica is alive.
"""

import asyncio
import sys

from team_load import Connection, read_message

CHECK_PAUSE = 0.05


class Replica:
    def __init__(self, port):
        self.port, self.is_alive, self.idle = port, False, []

    async def check(self):
        while True:
            probe = Connection(self.port)
            try:
                status, _, _ = await probe.ask("GET", "/healthz", {}, timeout=5)
            except (OSError, EOFError, asyncio.TimeoutError):
                status = 0
            probe.close()
            self.is_alive = status == 200
            if not self.is_alive:
                while self.idle:
                    self.idle.pop()[1].close()
            await asyncio.sleep(CHECK_PAUSE)

    async def connection(self):
        """A connection that is open, or `None`."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        try:
            return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        except OSError:
            self.is_alive = False
            return None


class Proxy:
    def __init__(self, ports):
        self.replicas, self.turn = [Replica(port) for port in ports], 0

    async def serve(self, reader, writer):
        try:
            while True:
                writer.write(await self.answer(await read_message(reader)))
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        writer.close()

    async def answer(self, message):
        """The bytes of the answer to a request."""
        self.turn += 1
        count = len(self.replicas)
        for offset in range(count):
            replica = self.replicas[(self.turn + offset) % count]
            connection = await replica.connection() if replica.is_alive else None
            if connection is not None:
                return await self.exchange(replica, connection, message)
        return failure(504)

    async def exchange(self, replica, connection, message):
        reader, writer = connection
        try:
            writer.write(encoded(*message))
            first, headers, body = await read_message(reader)
        except (OSError, EOFError):
            writer.close()
            return failure(502)
        if ("connection", "close") in headers or not replica.is_alive:
            writer.close()
        else:
            replica.idle.append(connection)
        return encoded(first, headers, body)


def encoded(first, headers, body):
    """A message with the length of its body instead of chunks, for a connection that stays open."""
    own = ("transfer-encoding", "content-length", "connection")
    lines = [f"{name}: {value}" for name, value in headers if name not in own]
    return "\r\n".join([first, *lines, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body


def failure(status):
    return encoded(f"HTTP/1.1 {status} Failure", [("content-type", "text/plain")], b"the proxy has no answer\n")


async def main():
    port, *replicas = map(int, sys.argv[1:])
    proxy = Proxy(replicas)
    checks = [asyncio.create_task(replica.check()) for replica in proxy.replicas]
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", port, limit=1 << 20, backlog=1000)
    await asyncio.gather(server.serve_forever(), *checks)


if __name__ == "__main__":
    asyncio.run(main())
