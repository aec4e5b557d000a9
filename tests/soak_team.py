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

import atexit
import base64
import hashlib
import http.client
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
RATE = int(sys.argv[2]) if len(sys.argv) > 2 else 50
EMPLOYEES = int(sys.argv[3]) if len(sys.argv) > 3 else 100
FOLDER = os.environ.get("BUILT", "target/release")
BINARY, PORTAL = f"{FOLDER}/bitrix24-mail-mcp", f"{FOLDER}/examples/demo_portal"
SERVER_PORT, PORTAL_PORT = 8034, 8035
BASE = f"http://127.0.0.1:{SERVER_PORT}"
REDIRECT = "http://127.0.0.1:9/callback"
USERS = range(1001, 1001 + EMPLOYEES)


def start(command, env):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **env}, text=True)
    atexit.register(process.kill)
    return process


def request(method, url, body=None, headers={}, connection=None):
    """One request without redirects; returns status, headers and text."""
    address = urlsplit(url)
    connection = connection or http.client.HTTPConnection(address.hostname, address.port, timeout=40)
    path = f"{address.path}?{address.query}" if address.query else address.path
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response, response.read().decode()


def form(url, fields, headers={}):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return request("POST", url, urlencode(fields), headers)


def cookies(response):
    return "; ".join(header.split(";")[0] for header in response.headers.get_all("set-cookie") or [] if "Max-Age=0" not in header)


class Client:
    """One employee's client."""

    def __init__(self, user):
        self.user = user
        self.lock = threading.Lock()
        body = json.dumps({"client_name": f"soak {user}", "redirect_uris": [REDIRECT]})
        forwarded = {"X-Forwarded-For": f"10.0.{user % 250}.{user // 250}", "Content-Type": "application/json"}
        self.id = json.loads(request("POST", f"{BASE}/oauth/register", body, forwarded)[2])["client_id"]

    def sign_in(self):
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = urlencode({
            "response_type": "code", "client_id": self.id, "redirect_uri": REDIRECT, "state": "s",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
        })
        forwarded = {"X-Forwarded-For": f"10.0.{self.user % 250}.{self.user // 250}"}
        _, response, page = request("GET", f"{BASE}/oauth/authorize?{query}", headers=forwarded)
        handle = re.search(r'name="handle" value="([^"]+)"', page)[1]
        allowed = {"Cookie": cookies(response), "Origin": BASE, **forwarded}
        _, response, page = form(f"{BASE}/oauth/consent", {"handle": handle, "decision": "allow"}, allowed)
        binding = cookies(response)
        link = re.search(r'content="0; ?url=([^"]+)"', page)[1].replace("&amp;", "&")
        _, response, _ = request("GET", link, headers={"Cookie": f"demo_portal_user={self.user}"})
        _, response, page = request("GET", response.headers["location"], headers={"Cookie": binding, **forwarded})
        if response.status != 303:
            # The portal fails from the beginning.
            return False
        answer = parse_qs(urlsplit(response.headers["location"]).query)
        return self.take({"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier,
                          "redirect_uri": REDIRECT})

    def refresh(self):
        with self.lock:
            return self.take({"grant_type": "refresh_token", "refresh_token": self.refresh_token})

    def take(self, fields):
        status, _, text = form(f"{BASE}/oauth/token", {"client_id": self.id, **fields})
        if status == 200:
            tokens = json.loads(text)
            self.access, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        return status, text


key = subprocess.run([BINARY, "team", "key"], capture_output=True, text=True, check=True).stdout.strip()
folder = tempfile.TemporaryDirectory()
portal = start([PORTAL, "--port", str(PORTAL_PORT), "--handler", f"{BASE}/oauth/callback", "--rate-limit", "off",
                "--employees", str(EMPLOYEES), "--random-faults", "1", "--expired-tokens", "1"], {})
application = json.loads(portal.stdout.readline())
settings = {
    "BITRIX24_PORTAL": application["portal"], "BITRIX24_OAUTH_SERVER": application["portal"],
    "BITRIX24_CLIENT_ID": application["client_id"], "BITRIX24_CLIENT_SECRET": application["client_secret"],
    "BITRIX24_MCP_PUBLIC_URL": BASE, "BITRIX24_MCP_SERVER_KEY": key,
    "BITRIX24_MCP_STORE": f"sqlite:{folder.name}/team.sqlite", "BITRIX24_RATE_LIMIT": "off", "BITRIX24_CACHE_TTL": "5s",
    "BITRIX24_MCP_CALLER_LIMIT": "off",
}
server = start([BINARY, "serve", "--http", str(SERVER_PORT), "--team"], settings)
for _ in range(200):
    try:
        request("GET", f"{BASE}/healthz")
        break
    except ConnectionError:
        time.sleep(0.05)
begun = time.monotonic()
clients = [Client(user) for user in USERS]
for client in clients:
    while not client.sign_in():
        pass
print(f"{EMPLOYEES} employees signed in within {time.monotonic() - begun:.1f} s", flush=True)

outcomes, wrong, signed_out, unanswered = Counter(), [], [], []
times, greedy_times = [], []
guard = threading.Lock()


def order(line):
    """Sends the portal a line, which it obeys."""
    portal.stdin.write(f"{line}\n")
    portal.stdin.flush()


def question(number):
    kind = number % 10
    if kind < 6:
        return "list_mail_contacts", {"query": f"contact{number % 97}", "limit": 1 + number % 200}
    if kind < 9:
        return "resolve_mail_recipients", {"names": [f"contact{number % 97}@of{USERS[number % EMPLOYEES]}.example", f"Contact {number % 97}"]}
    return "list_mail_employees", {"query": "anna"}


def addresses(value):
    """Every address in an answer."""
    if isinstance(value, dict):
        yield from ([value["email"]] if isinstance(value.get("email"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from addresses(item)


def call(client, number, connection, kept):
    tool, arguments = question(number)
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
    headers = {"Authorization": f"Bearer {client.access}", "Content-Type": "application/json",
               "Accept": "application/json", "MCP-Protocol-Version": "2025-11-25"}
    started = time.monotonic()
    try:
        status, _, text = request("POST", f"{BASE}/mcp", body, headers, connection)
    except (OSError, http.client.HTTPException) as error:
        with guard:
            unanswered.append(repr(error))
        connection.close()
        return
    took = time.monotonic() - started
    outcome = f"HTTP {status}"
    if status == 200:
        content = json.loads(text)["result"].get("structuredContent", {})
        outcome = content["error"]["code"] if "error" in content else "ok"
        own = f"@of{client.user}.example"
        foreign = [address for address in addresses(content) if re.search(r"@of\d+\.example$", address) and not address.endswith(own)]
        if foreign:
            with guard:
                wrong.append((client.user, foreign[:3]))
    elif status == 401:
        # A token that was refreshed meanwhile still works, so 401 means that the sign-in has ended.
        with guard:
            signed_out.append(client.user)
    with guard:
        outcomes[outcome] += 1
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


def percentile(sorted_times, share):
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))] * 1000


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
            order("fault oauth-down")
        if second % 60 == 30:
            order("fault none")
    for thread in running:
        thread.join()
    ordered = sorted(times)
    print(f"{name}: {len(ordered)} calls, p50 {percentile(ordered, 0.5):.1f} ms, p99 {percentile(ordered, 0.99):.1f} ms, "
          f"slowest {ordered[-1] * 1000:.0f} ms; {memory[0]:.1f} MB at first, {max(memory):.1f} MB at most")
    print(f"  outcomes: {json.dumps(dict(outcomes.most_common()))}", flush=True)


part("everybody", 0)
part("beside one at full speed", 4)
print(f"the one at full speed made {len(greedy_times)} calls")
order("fault none")
# After all faults everybody is still signed in.
connection = http.client.HTTPConnection("127.0.0.1", SERVER_PORT, timeout=40)
outcomes.clear()
for client in clients:
    call(client, 1, connection, times)
print(f"at the end: {json.dumps(dict(outcomes))}")
order("counts")
print(f"the portal: {portal.stdout.readline().strip()}")
server.terminate()
status = server.wait(timeout=30)
portal.stdin.close()
print(f"contacts of others: {len(wrong)} {wrong[:3]}; signed out: {len(signed_out)} {signed_out[:3]}; "
      f"unanswered: {len(unanswered)} {unanswered[:3]}; exit status: {status}")
sys.exit(1 if wrong or signed_out or unanswered or status or outcomes != Counter(ok=EMPLOYEES) else 0)
