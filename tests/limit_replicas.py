#!/usr/bin/env python3
"""How many requests a second the portal sees of 1, 2, 4 and 8 replicas, beside its limit.

    cargo build --release --bins --examples && python3 tests/limit_replicas.py [SECONDS] [RATE/BURST ...]

For each limit and each number of replicas: employees call without a pause through all replicas, and after the burst the
portal's requests are counted for so many seconds. Prints a table, and ends with status 1 if the portal saw more than its
limit, or refused a request. Needs Linux, Python and PostgreSQL.
"""

import asyncio
import sys
import time
from collections import Counter

from team_load import BINARY, Cluster, Connection, Portal, call_of, outcome, signed_in, start, until_alive

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
LIMITS = sys.argv[2:] or ["2/50", "20/50"]
REPLICAS = [1, 2, 4, 8]
FIRST_PORT, DATABASE_PORT = 8051, 8050
BASE = f"http://127.0.0.1:{FIRST_PORT}"
USERS = range(1001, 1005)


async def caller(port, client, number, outcomes):
    connection = Connection(port)
    while True:
        number += 1_000
        headers, body = call_of(client, number, ("list_mail_contacts", {"query": f"nobody{number}"}))
        status, _, text = await connection.ask("POST", "/mcp", headers, body, timeout=120)
        outcomes[outcome(status, text)[0]] += 1


async def measured(portal, clients, ports, rate, burst):
    """Requests that the portal saw, those that it refused, and the time."""
    outcomes = Counter()
    # Two callers at each replica, and more where one replica has all.
    pairs = [(port, number) for port in ports for number in range(max(2, 8 // len(ports)))]
    calling = [asyncio.create_task(caller(port, clients[number % len(clients)], index, outcomes))
               for index, (port, number) in enumerate(pairs)]
    before = portal.counts()["requests"]
    while portal.counts()["requests"] - before < burst:
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    begun, first = time.monotonic(), portal.counts()
    await asyncio.sleep(SECONDS)
    last, took = portal.counts(), time.monotonic() - begun
    for task in calling:
        task.cancel()
    failed = [result for result in await asyncio.gather(*calling, return_exceptions=True)
              if not isinstance(result, asyncio.CancelledError)]
    if failed:
        raise SystemExit(f"calls failed: {failed[:3]!r}")
    return last["requests"] - first["requests"], last["throttled"], took, outcomes


database = Cluster(DATABASE_PORT, "max_connections = 200")
log = open(f"{database.folder}/replicas.log", "w")
is_over = False
print(f"{'limit':>8} {'replicas':>8} {'seen a second':>14} {'of the limit':>12} {'refused':>8}  outcomes")
for limit in LIMITS:
    rate, burst = (float(part) for part in limit.split("/"))
    for count in REPLICAS:
        database.query("DROP DATABASE team")
        database.query("CREATE DATABASE team")
        portal = Portal(BASE, USERS, "--rate-limit", limit)
        settings = {
            **portal.settings, "BITRIX24_MCP_STORE": database.address, "BITRIX24_MCP_REPLICAS": str(count),
            "BITRIX24_RATE_LIMIT": limit, "BITRIX24_CACHE_TTL": "0s", "BITRIX24_TIMEOUT": "50s",
        }
        ports = range(FIRST_PORT, FIRST_PORT + count)
        replicas = [start([BINARY, "serve", "--http", str(port), "--team"], settings, stdin=None, stdout=None, stderr=log)
                    for port in ports]
        for port in ports:
            until_alive(f"http://127.0.0.1:{port}")
        clients = signed_in(BASE, USERS)
        seen, refused, took, outcomes = asyncio.run(measured(portal, clients, ports, rate, burst))
        # Some more may be at the edges of the time, and when a busy machine keeps the store's answer from one replica for a
        # moment: it uses its share then, beside the others.
        is_over |= seen > 1.02 * rate * took + 2 or refused > 0
        print(f"{limit:>8} {count:>8} {seen / took:>14.2f} {seen / took / rate:>12.0%} {refused:>8}  {dict(outcomes)}", flush=True)
        for replica in replicas:
            replica.kill()
            replica.wait()
        portal.stop()
sys.exit(1 if is_over else 0)
