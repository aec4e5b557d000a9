#!/usr/bin/env python3
"""Soak of a team's server: many employees, each with a book of their own, on a demo portal that fails at random.

    cargo build --release --bins --examples && python3 tests/soak_team.py [SECONDS] [CALLS A SECOND] [EMPLOYEES]

Signs every employee in over HTTP, as a browser and a client do. Then makes calls for random employees, and refreshes
clients' tokens. One request in a hundred fails at the portal, one access token in a hundred has expired there, and for
ten seconds of every minute the authorization server is down. A second part of the same length adds one employee whose
client calls without a pause.

Ends with status 1 if anyone got a contact of another employee's book, or was signed out, or if a call got no answer.
Needs only Linux and Python.
"""

import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter

from team_load import BINARY, Portal, call_of, foreign, outcome, percentile, question, request, signed_in, start, until_alive

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
RATE = int(sys.argv[2]) if len(sys.argv) > 2 else 50
EMPLOYEES = int(sys.argv[3]) if len(sys.argv) > 3 else 100
SERVER_PORT, PORTAL_PORT = 8034, 8035
BASE = f"http://127.0.0.1:{SERVER_PORT}"
USERS = range(1001, 1001 + EMPLOYEES)

folder = tempfile.TemporaryDirectory()
portal = Portal(BASE, USERS, "--rate-limit", "off", "--random-faults", "1", "--expired-tokens", "1", port=PORTAL_PORT)
settings = {
    **portal.settings, "BITRIX24_MCP_STORE": f"sqlite:{folder.name}/team.sqlite", "BITRIX24_RATE_LIMIT": "off",
    "BITRIX24_CACHE_TTL": "5s",
}
server = start([BINARY, "serve", "--http", str(SERVER_PORT), "--team"], settings)
until_alive(BASE)
begun = time.monotonic()
clients = signed_in(BASE, USERS)
print(f"{EMPLOYEES} employees signed in within {time.monotonic() - begun:.1f} s", flush=True)

outcomes, wrong, signed_out, unanswered = Counter(), [], [], []
times, greedy_times = [], []
guard = threading.Lock()


def call(client, number, connection, kept):
    headers, body = call_of(client, number, question(number, USERS))
    started = time.monotonic()
    try:
        status, _, text = request("POST", f"{BASE}/mcp", body, headers, connection)
    except (OSError, http.client.HTTPException) as error:
        with guard:
            unanswered.append(repr(error))
        connection.close()
        return
    took = time.monotonic() - started
    ended, content = outcome(status, text)
    with guard:
        if foreign(content, client.user):
            wrong.append((client.user, foreign(content, client.user)[:3]))
        if status == 401:
            # A token that was refreshed meanwhile still works, so 401 means that the sign-in has ended.
            signed_out.append(client.user)
        outcomes[ended] += 1
        kept.append(took)


def worker(index, until, threads):
    connection = http.client.HTTPConnection("127.0.0.1", SERVER_PORT, timeout=40)
    number, next_at = index, time.monotonic()
    while next_at < until:
        time.sleep(max(0.0, next_at - time.monotonic()))
        number += threads
        client = random.choice(clients)
        if random.random() < 0.01:
            status, text = client.refresh()
            with guard:
                outcomes[f"refresh {status}"] += 1
                if status == 400:
                    signed_out.append((client.user, text))
        call(client, number, connection, times)
        next_at += threads / RATE


def greedy(until):
    connection, number = http.client.HTTPConnection("127.0.0.1", SERVER_PORT, timeout=40), 0
    while time.monotonic() < until:
        number += 1
        call(clients[0], number, connection, greedy_times)


def resident():
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def part(name, extra):
    times.clear()
    outcomes.clear()
    until, threads = time.monotonic() + SECONDS, max(8, RATE // 2)
    running = [threading.Thread(target=worker, args=(index, until, threads)) for index in range(threads)]
    running += [threading.Thread(target=greedy, args=(until,)) for _ in range(extra)]
    for thread in running:
        thread.start()
    second, memory = 0, []
    while time.monotonic() < until:
        time.sleep(1)
        second += 1
        memory.append(resident())
        if second % 60 == 20:
            portal.order("fault oauth-down")
        if second % 60 == 30:
            portal.order("fault none")
    for thread in running:
        thread.join()
    ordered = sorted(times)
    print(f"{name}: {len(ordered)} calls, p50 {percentile(ordered, 0.5):.1f} ms, p99 {percentile(ordered, 0.99):.1f} ms, "
          f"slowest {ordered[-1] * 1000:.0f} ms; {memory[0]:.1f} MB at first, {max(memory):.1f} MB at most")
    print(f"  outcomes: {json.dumps(dict(outcomes.most_common()))}", flush=True)


part("everybody", 0)
part("beside one at full speed", 4)
print(f"the one at full speed made {len(greedy_times)} calls")
portal.order("fault none")
# After all faults everybody is still signed in.
connection = http.client.HTTPConnection("127.0.0.1", SERVER_PORT, timeout=40)
outcomes.clear()
for client in clients:
    call(client, 1, connection, times)
print(f"at the end: {json.dumps(dict(outcomes))}")
print(f"the portal: {json.dumps(portal.counts())}")
server.terminate()
status = server.wait(timeout=30)
portal.stop()
print(f"contacts of others: {len(wrong)} {wrong[:3]}; signed out: {len(signed_out)} {signed_out[:3]}; "
      f"unanswered: {len(unanswered)} {unanswered[:3]}; exit status: {status}")
sys.exit(1 if wrong or signed_out or unanswered or status or outcomes != Counter(ok=EMPLOYEES) else 0)
