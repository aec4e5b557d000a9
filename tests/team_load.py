"""What the soaks of a team's server share: programs, employees' clients, questions and the checks of answers.

Needs Linux and Python, and `Cluster` needs PostgreSQL. The programs are built before, and `BUILT` names their folder. The demo portal may be of the
debug build.
"""

import asyncio
import atexit
import base64
import hashlib
import http.client
import json
import os
import pwd
import random
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

FOLDER = os.environ.get("BUILT", "target/release")
BINARY = f"{FOLDER}/bitrix24-mail-mcp"
PORTALS = [f"{folder}/examples/demo_portal" for folder in (FOLDER, "target/debug")]
PORTAL = next((path for path in PORTALS if os.path.exists(path)), PORTALS[0])
REDIRECT = "http://127.0.0.1:9/callback"


def start(command, env={}, **more):
    """Starts a program that ends with this one."""
    more = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **more}
    process = subprocess.Popen(command, env={**os.environ, **env}, text=True, **more)
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


def until_alive(base):
    """Waits until a server answers that it is well."""
    for _ in range(400):
        try:
            if request("GET", f"{base}/healthz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{base} does not answer, or is not well")


def cookies(response):
    return "; ".join(header.split(";")[0] for header in response.headers.get_all("set-cookie") or [] if "Max-Age=0" not in header)


class Client:
    """One employee's client of the server at `base`."""

    def __init__(self, base, user):
        self.base, self.user = base, user
        self.lock = threading.Lock()
        # Each employee has a computer of their own: the server limits registrations by address.
        self.forwarded = {"X-Forwarded-For": f"10.0.{user % 250}.{user // 250}"}
        body = json.dumps({"client_name": f"soak {user}", "redirect_uris": [REDIRECT]})
        headers = {"Content-Type": "application/json", **self.forwarded}
        self.id = json.loads(request("POST", f"{base}/oauth/register", body, headers)[2])["client_id"]

    def sign_in(self):
        """Signs the employee in. False if the portal has failed."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = urlencode({
            "response_type": "code", "client_id": self.id, "redirect_uri": REDIRECT, "state": "s",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
        })
        _, response, page = request("GET", f"{self.base}/oauth/authorize?{query}", headers=self.forwarded)
        handle = re.search(r'name="handle" value="([^"]+)"', page)[1]
        allowed = {"Cookie": cookies(response), "Origin": self.base, **self.forwarded}
        _, response, page = form(f"{self.base}/oauth/consent", {"handle": handle, "decision": "allow"}, allowed)
        binding = cookies(response)
        link = re.search(r'content="0; ?url=([^"]+)"', page)[1].replace("&amp;", "&")
        _, response, _ = request("GET", link, headers={"Cookie": f"demo_portal_user={self.user}"})
        _, response, page = request("GET", response.headers["location"], headers={"Cookie": binding, **self.forwarded})
        if response.status != 303:
            return False
        answer = parse_qs(urlsplit(response.headers["location"]).query)
        self.take({"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier,
                   "redirect_uri": REDIRECT})
        return True

    def refresh(self):
        """Refreshes the tokens; returns status and text."""
        with self.lock:
            return self.take({"grant_type": "refresh_token", "refresh_token": self.refresh_token})

    def take(self, fields):
        status, _, text = form(f"{self.base}/oauth/token", {"client_id": self.id, **fields}, self.forwarded)
        if status == 200:
            tokens = json.loads(text)
            self.access, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        return status, text


def signed_in(base, users):
    """A client of each user, who has signed in."""
    clients = [Client(base, user) for user in users]
    for client in clients:
        while not client.sign_in():
            pass
    return clients


class Portal:
    """The demo portal as a process of its own, with an employee for each of these users."""

    def __init__(self, base, users, *more, port=0):
        arguments = ["--port", str(port), "--handler", f"{base}/oauth/callback", "--employees", str(len(users))]
        self.process = start([PORTAL, *arguments, *more])
        application = json.loads(self.process.stdout.readline())
        self.settings = {
            "BITRIX24_PORTAL": application["portal"], "BITRIX24_OAUTH_SERVER": application["portal"],
            "BITRIX24_CLIENT_ID": application["client_id"], "BITRIX24_CLIENT_SECRET": application["client_secret"],
            "BITRIX24_MCP_PUBLIC_URL": base, "BITRIX24_MCP_SERVER_KEY": key(), "BITRIX24_MCP_CALLER_LIMIT": "off",
        }

    def order(self, line):
        """Sends the portal a line, which it obeys."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def counts(self):
        self.order("counts")
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def key():
    return subprocess.run([BINARY, "team", "key"], capture_output=True, text=True, check=True).stdout.strip()


class Cluster:
    """A PostgreSQL server of its own. PostgreSQL does not run as root: then its programs run as the user `postgres`."""

    def __init__(self, port, settings=""):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = f"{found[-1]}/" if found else ""
        self.folder, self.port = tempfile.mkdtemp(prefix="bitrix24-postgres-"), port
        atexit.register(self.remove)
        if os.getuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{self.folder}'\n{settings}\n"
        with open(f"{self.folder}/data/postgresql.auto.conf", "a") as file:
            file.write(options)
        self.control("start", "-w", "-l", f"{self.folder}/log")
        self.query("CREATE DATABASE team", "postgres")

    def run(self, program, *arguments):
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*user, f"{self.programs}{program}", *arguments]
        # The server inherits the outputs, so they are no pipes.
        with tempfile.TemporaryFile() as output:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/tmp").returncode
            output.seek(0)
            if status:
                raise SystemExit(f"{' '.join(command)}: {output.read().decode()}")

    def control(self, *arguments):
        self.run("pg_ctl", "-D", f"{self.folder}/data", *arguments)

    def restart(self, seconds):
        """Stops the server for so many seconds."""
        self.control("stop", "-w", "-m", "fast")
        time.sleep(seconds)
        self.control("start", "-w", "-l", f"{self.folder}/log")

    def query(self, text, database="postgres"):
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database, "-At", "-c", text]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def remove(self):
        try:
            self.control("stop", "-m", "immediate")
        except SystemExit:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def address(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/team"


class Connection:
    """A connection for many requests, one after another. It is opened again after a failure."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, headers, body=b"", timeout=60):
        """Status, headers and body of an answer. Raises `OSError` or `EOFError` if the connection fails."""
        try:
            return await asyncio.wait_for(self._ask(method, path, headers, body), timeout)
        except BaseException:
            self.close()
            raise

    async def _ask(self, method, path, headers, body):
        if self.writer is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        first, headers, body = await read_message(self.reader)
        if ("connection", "close") in headers:
            self.close()
        return int(first.split()[1]), headers, body

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.writer = None


async def read_message(reader):
    """A request or an answer: its first line, its headers as pairs with names in small letters, and its body."""
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = text.rstrip().split("\r\n")
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if ("transfer-encoding", "chunked") in headers:
        body = b""
        while (length := int(await reader.readline(), 16)) > 0:
            body += await reader.readexactly(length)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(dict(headers).get("content-length", 0)))
    return first, headers, body


def question(number, users):
    """A tool and its arguments: mostly look-ups, and some for a contact of somebody else."""
    kind = number % 10
    if kind < 6:
        return "list_mail_contacts", {"query": f"contact{number % 97}", "limit": 1 + number % 200}
    if kind < 9:
        other = users[number % len(users)]
        return "resolve_mail_recipients", {"names": [f"contact{number % 97}@of{other}.example", f"Contact {number % 97}"]}
    return "list_mail_employees", {"query": "anna"}


def call_of(client, number, question):
    """Headers and body of a call."""
    tool, arguments = question
    body = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"Authorization": f"Bearer {client.access}", "Content-Type": "application/json",
               "Accept": "application/json", "MCP-Protocol-Version": "2025-11-25"}
    return headers, json.dumps(body).encode()


def addresses(value):
    """Every address in an answer."""
    if isinstance(value, dict):
        yield from ([value["email"]] if isinstance(value.get("email"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from addresses(item)


def outcome(status, text):
    """How a call has ended: `ok`, the code of an error, or the status. And what the tool has found."""
    if status != 200:
        return f"HTTP {status}", {}
    content = json.loads(text)["result"].get("structuredContent", {})
    return (content["error"]["code"] if "error" in content else "ok"), content


def foreign(content, user):
    """The contacts of other employees in an answer."""
    own = f"@of{user}.example"
    return [address for address in addresses(content) if re.search(r"@of\d+\.example$", address) and not address.endswith(own)]


def percentile(sorted_times, share):
    """In milliseconds."""
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))] * 1000
