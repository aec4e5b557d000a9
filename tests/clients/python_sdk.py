"""The Python SDK's client: stdio, Streamable HTTP in the newest revision and with a handshake, HTTP+SSE.

    python3 python_sdk.py BINARY BASE_URL FAILING_BASE_URL

BASE_URL serves the demo portal, FAILING_BASE_URL a demo portal that refuses. Prints a line of JSON for each
result of a session: the session's name, the kind of result, and the result. The first mistake ends the program.
"""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.types import ElicitResult

BINARY, BASE, FAILING = sys.argv[1:]
TOOL = "list_mail_contacts"
QUERY = {"query": "client"}


def stdio(*arguments):
    return StdioServerParameters(command=BINARY, args=list(arguments))


def ways(base, *arguments):
    return [
        ("stdio", stdio(*arguments), "auto"),
        ("stdio with a handshake", stdio(*arguments), "legacy"),
        ("Streamable HTTP", f"{base}/mcp", "auto"),
        ("Streamable HTTP with a handshake", f"{base}/mcp", "legacy"),
        ("Streamable HTTP 2026-07-28", f"{base}/mcp", "2026-07-28"),
        ("HTTP+SSE", sse_client(f"{base}/sse"), "legacy"),
    ]


async def choose(context, params):
    """Answers a form as a user who always chooses the first match."""
    fields = params.requested_schema["properties"]
    return ElicitResult(action="accept", content={name: values(field)[0] for name, field in fields.items()})


def values(field):
    return field.get("enum") or [choice["const"] for choice in field["oneOf"]]


def report(*line):
    print(json.dumps(line), flush=True)


async def main():
    for name, server, mode in ways(BASE, "--demo"):
        async with Client(server, mode=mode) as client:
            report(name, "tools", [tool.name for tool in (await client.list_tools()).tools])
            result = await client.call_tool(TOOL, QUERY)
            assert not result.is_error, result
            report(name, "contacts", result.structured_content)
            prompt = await client.get_prompt("draft_mail", {"to": "Anna", "about": "lunch"})
            assert prompt.messages[0].content.text.endswith('{"names":["Anna"],"about":"lunch"}'), prompt
            read = await client.read_resource("bitrix24-mail://contacts/search/client%40example.com")
            assert "client@example.com" in read.contents[0].text, read
    for name, server, mode in ways(FAILING, "--demo-fault", "no-mail-scope"):
        async with Client(server, mode=mode) as client:
            result = await client.call_tool(TOOL, QUERY)
            assert result.is_error, result
            report(name, "advice", {**result.structured_content, "text": result.content[0].text})
    for name, server, mode in ways(BASE, "--demo"):
        async with Client(server, mode=mode, elicitation_callback=choose) as client:
            result = await client.call_tool("resolve_mail_recipients", {"names": ["anna"], "ask_user": True})
            assert not result.is_error, result
            report(name, "recipient", result.structured_content["recipients"][0])


asyncio.run(main())
