// What the tests of a team's server share: its employees on the demo portal, and a sign-in by the TypeScript SDK.
import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { call } from "./answers.js";
import { Browser } from "./browser.js";

/** Employees of the demo portal: the id on the sign-in page, and what a search for "client" finds in each one's book. */
export const anna = { user: "1", contact: "client@example.com" };
export const boris = { user: "7", contact: "client@other.example" };
export const carla = { user: "8", contact: "client.relations@ceramica.example" };

/** The contacts must be this employee's, and nobody else's. */
export function assertOwn({ contacts }, employee) {
  const found = contacts.map(({ email }) => email);
  assert.ok(found.includes(employee.contact), `${found}`);
  for (const { contact } of [anna, boris, carla]) assert.equal(found.includes(contact), contact === employee.contact);
}

/** What the TypeScript SDK needs of a program that signs in: it keeps everything in memory. */
class Provider {
  redirectUrl = "http://127.0.0.1:5999/callback";
  clientMetadata = { client_name: "TypeScript SDK", redirect_uris: [this.redirectUrl], token_endpoint_auth_method: "none" };
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  redirectToAuthorization = (url) => void (this.link = url);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  state = () => "a state of the client";
}

/** Follows a client's link as this employee; returns the parameters that the client's address gets. */
export async function answerTo(link, employee) {
  const redirect = new URL(link).searchParams.get("redirect_uri");
  const { url } = await new Browser(redirect).signIn(link, employee.user);
  return new URL(url).searchParams;
}

/** Signs in by the TypeScript SDK; returns the provider, which has the tokens. */
export async function signInBySdk(base, employee) {
  const provider = new Provider();
  const transport = new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider: provider });
  await assert.rejects(new Client({ name: "check", version: "1" }).connect(transport), /Unauthorized/);
  const answer = await answerTo(provider.link, employee);
  assert.equal(answer.get("state"), provider.state());
  assert.equal(answer.get("iss"), base);
  await transport.finishAuth(answer.get("code"));
  return provider;
}

export async function look(base, provider) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider: provider }));
  const { structuredContent } = await client.callTool(call);
  await client.close();
  return structuredContent;
}
