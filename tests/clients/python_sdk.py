"""The Python SDK's client: stdio, Streamable HTTP in the newest revision and with a handshake, HTTP+SSE.

    python3 python_sdk.py BINARY BASE_URL FAILING_BASE_URL

BASE_URL serves the demo portal, FAILING_BASE_URL a demo portal that refuses. Prints a line for each session.
"""

import asyncio
import sys

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client

BINARY, BASE, FAILING = sys.argv[1:]
TOOL = "list_mail_contacts"


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


async def main():
    for name, server, mode in ways(BASE, "--demo"):
        async with Client(server, mode=mode) as client:
            tools = await client.list_tools()
            assert [tool.name for tool in tools.tools] == [TOOL], tools
            result = await client.call_tool(TOOL, {"query": "client@example.com"})
            assert not result.is_error, result
            assert result.structured_content["contacts"] == [
                {"id": 10, "email": "client@example.com", "name": "Client"}
            ], result
            prompt = await client.get_prompt("draft_mail", {"to": "Anna", "about": "lunch"})
            assert prompt.messages[0].content.text.endswith('{"names":["Anna"],"about":"lunch"}'), prompt
            read = await client.read_resource("bitrix24-mail://contacts/search/client%40example.com")
            assert "client@example.com" in read.contents[0].text, read
        print(f"{name}: contacts")
    for name, server, mode in ways(FAILING, "--demo-fault", "no-mail-scope"):
        async with Client(server, mode=mode) as client:
            result = await client.call_tool(TOOL, {})
            assert result.is_error, result
            assert "mail permission" in result.content[0].text, result
            assert "INSUFFICIENTSCOPE" in result.structured_content["error"]["code"], result
        print(f"{name}: advice")


asyncio.run(main())
