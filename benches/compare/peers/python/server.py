"""The same tool on the Python SDK, in the style of its examples: `python3 server.py stdio|http URL [PORT]`."""

import sys

import httpx2
from mcp.server import MCPServer
from pydantic import BaseModel

WAY, URL, *REST = sys.argv[1:]


class Contact(BaseModel):
    id: int
    email: str
    name: str


class Output(BaseModel):
    contacts: list[Contact]


# httpx2 is the HTTP client that the SDK depends on. It keeps connections open.
client = httpx2.AsyncClient(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None))
server = MCPServer("python-sdk", log_level="WARNING")


@server.tool(description="Finds contacts in the Bitrix24 mail address book.")
async def list_mail_contacts(query: str) -> Output:
    reply = await client.post(URL, json={"query": query, "pagination": {"limit": 20, "offset": 0}})
    reply.raise_for_status()
    return Output(contacts=reply.json()["result"]["items"])


if WAY == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", host="127.0.0.1", port=int(REST[0]), json_response=True, stateless_http=True)
