#!/usr/bin/env python3
"""Soak of four replicas of a team's server behind a small proxy, on a PostgreSQL of its own.

    cargo build --release --bins --examples && python3 tests/soak_replicas.py [SECONDS] [CALLS A SECOND] [EMPLOYEES]

Signs every employee in through the proxy, each with a book of their own. Then makes calls for random employees, and
refreshes clients' tokens. Every 30 seconds one replica is stopped by SIGTERM and started again, once a minute one is
killed by SIGKILL and started again, and in the middle the database is stopped for some seconds. In a shorter soak all
this happens nevertheless, sooner. At the end every employee makes a call and refreshes, without signing in again.

Every outcome is counted by its kind. Three kinds of failure are expected, and only for some seconds: 503 while the database
is away, tokens of the portal that cannot be refreshed then, and an answer that was lost with a killed replica. For the
employees' tokens of the portal, see `expire`.

Ends with status 1 if anyone got a contact of another employee's book or lost the sign-in, and at any failure of another
kind or at another time. Needs Linux, Python and PostgreSQL.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter

from team_load import (BINARY, Cluster, Connection, Portal, call_of, foreign, outcome, percentile, question,
                       signed_in, start, until_alive)

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 600
RATE = int(sys.argv[2]) if len(sys.argv) > 2 else 200
EMPLOYEES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
PROXY_PORT, DATABASE_PORT = 8040, 8046
PORTS = range(8041, 8045)
BASE = f"http://127.0.0.1:{PROXY_PORT}"
USERS = range(1001, 1001 + EMPLOYEES)
# How long clients have lost answers after a replica was killed, and 503 after the database has begun to start.
AFTER_KILL, AFTER_DATABASE = 3, 10
# What may happen while the database is away. A call whose token was checked before goes on without the database, but
# cannot refresh the portal's tokens.
WITHOUT_DATABASE = ("HTTP 503", "TOKEN_STORE_UNUSABLE")
# How long the database is away.
AWAY = 5
RESTART_EVERY, KILL_EVERY = min(30, SECONDS / 4), min(60, SECONDS / 2)

outcomes, unexplained, wrong, lost = Counter(), Counter(), [], []
times, events = [], []
# The times until which each kind of failure is expected.
expected = {}


def log(text):
    events.append(f"{time.monotonic() - begun:6.1f} s: {text}")


def count(kind):
    """Counts an outcome, and whether it was expected now."""
    outcomes[kind] += 1
    good = ("ok", "refresh 200")
    if kind not in good and time.monotonic() > expected.get(kind.removeprefix("refresh "), 0):
        unexplained[kind] += 1
        if unexplained[kind] <= 3:
            log(f"unexplained: {kind}")


async def call(client, number, connection):
    headers, body = call_of(client, number, question(number, USERS))
    started = time.monotonic()
    try:
        status, answer_headers, text = await connection.ask("POST", "/mcp", headers, body)
    except (OSError, EOFError, asyncio.TimeoutError) as error:
        return count(f"no answer of the proxy: {type(error).__name__}")
    ended, content = outcome(status, text)
    others = foreign(content, client.user)
    if others:
        wrong.append((client.user, others[:3]))
    if status == 401:
        # A token that was refreshed meanwhile still works, so 401 means that the sign-in has ended.
        lost.append(client.user)
    if status == 503 and not dict(answer_headers).get("retry-after"):
        ended = "HTTP 503 without Retry-After"
    count(ended)
    if ended == "ok":
        times.append(time.monotonic() - started)


async def refresh(client):
    """As a client does: again after a passing failure, with the old token."""
    if client.lock.locked():
        return
    with client.lock:
        for _ in range(60):
            status, text = await asyncio.to_thread(take_newer, client)
            count(f"refresh HTTP {status}" if status != 200 else "refresh 200")
            if status == 400:
                lost.append((client.user, text))
            if status < 500:
                return
            await asyncio.sleep(1)
        lost.append((client.user, "a minute without tokens"))


def take_newer(client):
    return client.take({"grant_type": "refresh_token", "refresh_token": client.refresh_token})


async def worker(index, until, workers):
    connection, number, next_at = Connection(PROXY_PORT), index, time.monotonic() + index / RATE
    refreshing = set()
    while next_at < until:
        await asyncio.sleep(max(0.0, next_at - time.monotonic()))
        number += workers
        client = random.choice(clients)
        if random.random() < 0.01:
            refreshing.add(asyncio.create_task(refresh(client)))
        await call(client, number, connection)
        next_at += workers / RATE
    await asyncio.gather(*refreshing)
    connection.close()


def serve(port):
    """Starts the replica of this port."""
    return start([BINARY, "serve", "--http", str(port), "--team"], settings, stdin=None, stdout=None, stderr=logs)


async def stop_in_turn(until):
    turn = 0
    while time.monotonic() + RESTART_EVERY / 2 < until:
        await asyncio.sleep(RESTART_EVERY)
        port = PORTS[turn % len(PORTS)]
        turn += 1
        log(f"SIGTERM for the replica at {port}")
        replicas[port].terminate()
        status = await asyncio.to_thread(replicas[port].wait, 40)
        if status:
            unexplained[f"exit status {status}"] += 1
        replicas[port] = serve(port)


async def kill_in_turn(until):
    turn = 0
    await asyncio.sleep(KILL_EVERY * 3 / 4)
    while time.monotonic() < until - AFTER_KILL:
        # Not the one that SIGTERM is sent to next.
        port = PORTS[(turn + 2) % len(PORTS)]
        turn += 1
        if replicas[port].poll() is None:
            log(f"SIGKILL for the replica at {port}")
            expected["HTTP 502"] = time.monotonic() + AFTER_KILL
            replicas[port].kill()
            await asyncio.to_thread(replicas[port].wait)
            await asyncio.sleep(1)
            replicas[port] = serve(port)
        await asyncio.sleep(KILL_EVERY)


async def stop_database():
    await asyncio.sleep(SECONDS / 2)
    log(f"the database stops for {AWAY} s")
    for kind in WITHOUT_DATABASE:
        expected[kind] = time.monotonic() + 60 + AWAY + AFTER_DATABASE
    await asyncio.to_thread(database.restart, AWAY)
    log("the database is there again")
    for kind in WITHOUT_DATABASE:
        expected[kind] = time.monotonic() + AFTER_DATABASE


async def expire(until):
    """Lets access tokens of the portal expire, so that replicas refresh them.

    None in the seconds before a replica is killed: the portal spends the old token, so a new pair that dies with its
    replica costs the sign-in. tests/it/replicas/killed.rs tests that. Nor while the database is away.
    """
    while time.monotonic() < until:
        await asyncio.sleep(1)
        since_start = time.monotonic() - begun
        before_kill = (KILL_EVERY * 3 / 4 - since_start) % KILL_EVERY
        to_database = SECONDS / 2 - since_start
        if before_kill > min(15, KILL_EVERY / 4) and not -AWAY - AFTER_DATABASE < to_database < 5:
            portal.order(f"expire {random.choice(USERS)}")


async def load():
    until, workers = time.monotonic() + SECONDS, max(16, RATE // 4)
    working = [worker(index, until, workers) for index in range(workers)]
    await asyncio.gather(*working, stop_in_turn(until), kill_in_turn(until), stop_database(), expire(until))


def statements():
    """How many statements the database has run for the replicas."""
    of_team = "SELECT sum(calls) FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = 'team'"
    return int(database.query(of_team))


async def quiet_stretch(look_ups=200):
    """Statements of the database for each look-up, without those that happen anyway."""
    before, started = statements(), time.monotonic()
    connection = Connection(PROXY_PORT)
    for number in range(look_ups):
        client = clients[number % EMPLOYEES]
        headers, body = call_of(client, number, ("list_mail_contacts", {"query": f"contact{number % 20 + 1}@"}))
        status, _, text = await connection.ask("POST", "/mcp", headers, body)
        assert outcome(status, text)[0] == "ok", text
    between, took = statements(), time.monotonic() - started
    await asyncio.sleep(took)
    connection.close()
    return ((between - before) - (statements() - between)) / look_ups


database = Cluster(DATABASE_PORT, "shared_preload_libraries = 'pg_stat_statements'\nmax_connections = 100")
database.query("CREATE EXTENSION pg_stat_statements")
portal = Portal(BASE, USERS, "--rate-limit", "off")
settings = {
    **portal.settings, "BITRIX24_MCP_STORE": database.address, "BITRIX24_MCP_REPLICAS": str(len(PORTS)),
    "BITRIX24_RATE_LIMIT": "off", "BITRIX24_CACHE_TTL": "5s",
}
logs = open(f"{database.folder}/replicas.log", "w")
replicas = {port: serve(port) for port in PORTS}
proxy = start([sys.executable, f"{sys.path[0]}/replica_proxy.py", str(PROXY_PORT), *map(str, PORTS)])
for port in PORTS:
    until_alive(f"http://127.0.0.1:{port}")
until_alive(BASE)
begun = time.monotonic()
clients = signed_in(BASE, USERS)
print(f"{EMPLOYEES} employees signed in within {time.monotonic() - begun:.1f} s", flush=True)
print(f"statements of the database for each look-up: {asyncio.run(quiet_stretch()):.2f}", flush=True)
begun = time.monotonic()
asyncio.run(load())
ordered = sorted(times)
print("\n".join(events))
print(f"{len(ordered)} good calls, p50 {percentile(ordered, 0.5):.1f} ms, p99 {percentile(ordered, 0.99):.1f} ms, "
      f"slowest {ordered[-1] * 1000:.0f} ms")
print(f"outcomes: {json.dumps(dict(outcomes.most_common()))}", flush=True)


async def last_calls():
    connection = Connection(PROXY_PORT)
    for client in clients:
        await call(client, 1, connection)
        await refresh(client)
        await call(client, 2, connection)
    connection.close()


time.sleep(2)
outcomes.clear()
asyncio.run(last_calls())
print(f"at the end, without signing in again: {json.dumps(dict(outcomes))}")
print(f"the portal: {json.dumps(portal.counts())}")
with open(f"{database.folder}/replicas.log") as file:
    errors = [line for line in file if " ERROR " in line]
print(f"errors in the logs: {len(errors)}\n{''.join(errors[:5])}", end="")
print(f"contacts of others: {len(wrong)} {wrong[:3]}; lost sign-ins: {len(lost)} {lost[:3]}; "
      f"unexplained: {json.dumps(dict(unexplained))}")
sys.exit(1 if wrong or lost or unexplained or outcomes != Counter({"ok": 2 * EMPLOYEES, "refresh 200": EMPLOYEES}) else 0)
