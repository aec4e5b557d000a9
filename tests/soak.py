#!/usr/bin/env python3
"""Soak: many look-ups a second for a long time, on a demo portal that fails at random.

    cargo build --release && python3 tests/soak.py [SECONDS] [LOOK-UPS A SECOND]

Prints a line every ten seconds (answered, failed, still running, slowest, resident memory, open files) and ends with
status 1 if a look-up was never answered, memory or open files kept growing, or a secret of the demo was found in the
output. Needs only Linux and Python; root, to count open files.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time

BINARY = os.environ.get("BITRIX24_MAIL_MCP", "target/release/bitrix24-mail-mcp")
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 600
RATE = int(sys.argv[2]) if len(sys.argv) > 2 else 50
KIND = os.environ.get("SOAK_KIND", "--demo")
SECRETS = ["demo7s3cret", "demo4ppk3yz8w2", "dem0acc3ss", "dem0r3fr3sh"]
TIMEOUT = 25

environment = {"PATH": os.environ["PATH"], "BITRIX24_RATE_LIMIT": "off", "BITRIX24_CACHE_TTL": "5s", "BITRIX24_MCP_LOG": "info"}
server = subprocess.Popen(
    [BINARY, "serve", KIND, "--demo-fault", "random"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True, bufsize=1,
)
running, outcomes, leaks = {}, {}, []
slowest, lock = 0.0, threading.Lock()


def leaked(line):
    return any(secret in line for secret in SECRETS)


def read_answers():
    global slowest
    for line in server.stdout:
        if leaked(line):
            leaks.append(line)
        message = json.loads(line)
        with lock:
            started = running.pop(message.get("id"), None)
            if started is None:
                continue
            slowest = max(slowest, time.monotonic() - started)
            content = message.get("result", {}).get("structuredContent", {})
            outcome = "contacts" if "contacts" in content else content.get("error", {}).get("code", "no result")
            outcomes[outcome] = outcomes.get(outcome, 0) + 1


def read_log():
    for line in server.stderr:
        if leaked(line):
            leaks.append(line)


for reader in (read_answers, read_log):
    threading.Thread(target=reader, daemon=True).start()


def send(message):
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def usage():
    with open(f"/proc/{server.pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    # Only root can list them: the program hides its own files in /proc from other processes of its user.
    files = len(os.listdir(f"/proc/{server.pid}/fd")) if os.geteuid() == 0 else 0
    return resident / 1024, files


client = {"name": "soak", "version": "1"}
send({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}})
send({"method": "notifications/initialized"})
begun, sent, samples, next_sample = time.monotonic(), 0, [], 10.0
while (elapsed := time.monotonic() - begun) < SECONDS:
    while sent < elapsed * RATE:
        sent += 1
        arguments = {"query": f"person {sent % 997}", "limit": 1 + sent % 200}
        with lock:
            running[sent] = time.monotonic()
        send({"id": sent, "method": "tools/call", "params": {"name": "list_mail_contacts", "arguments": arguments}})
    if elapsed >= next_sample:
        resident, files = usage()
        samples.append((elapsed, resident, files))
        with lock:
            done, failed = sum(outcomes.values()), sum(count for kind, count in outcomes.items() if kind != "contacts")
            print(f"{elapsed:5.0f} s: {done} answered, {failed} of them failures, {len(running)} running, "
                  f"slowest {slowest:.1f} s, {resident:.1f} MB, {files} open files", flush=True)
        next_sample += 10.0
    time.sleep(0.005)

deadline = time.monotonic() + TIMEOUT + 5
while running and time.monotonic() < deadline:
    time.sleep(0.1)
unanswered = len(running)
server.stdin.close()
status = server.wait(timeout=30)

print(f"{sent} look-ups in {SECONDS} s: {json.dumps(outcomes)}")
print(f"unanswered: {unanswered}; slowest: {slowest:.1f} s; secrets found: {len(leaks)}; exit status: {status}")
# Medians, since the number of open files follows the number of running look-ups.
early = [sample for sample in samples if 60 < sample[0] <= 180]
late = [sample for sample in samples if sample[0] > SECONDS - 120]
grew = False
if SECONDS >= 300:
    for name, place, slack in (("resident MB", 1, 2.0), ("open files", 2, 30)):
        before, after = (statistics.median(sample[place] for sample in part) for part in (early, late))
        grew |= after > before + slack
        print(f"{name}: median {before:.1f} in minutes two and three, {after:.1f} in the last two")
sys.exit(1 if unanswered or leaks or grew or status or slowest > TIMEOUT + 1 else 0)
