"""The Python SDK's OAuth client at a team's server: signs in, then looks contacts up.

    python3 python_sdk_team.py SERVER_URL REDIRECT_URI

Prints the link for the browser as a line of JSON, reads a line of JSON with the parameters that the redirect address
got, and prints the result of a look-up as a line of JSON.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

SERVER, REDIRECT = sys.argv[1:]


class Memory:
    """Keeps tokens and client in memory."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def show(link):
    print(json.dumps(link), flush=True)


async def wait():
    answer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer.get("iss"))


async def main():
    metadata = OAuthClientMetadata(client_name="Python SDK", redirect_uris=[REDIRECT], token_endpoint_auth_method="none")
    provider = OAuthClientProvider(SERVER, metadata, Memory(), show, wait)
    async with httpx2.AsyncClient(auth=provider) as http:
        async with Client(streamable_http_client(SERVER, http_client=http)) as client:
            result = await client.call_tool("list_mail_contacts", {"query": "client"})
            assert not result.is_error, result
            print(json.dumps(result.structured_content), flush=True)


asyncio.run(main())
