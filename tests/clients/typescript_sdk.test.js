// The TypeScript SDK's client over stdio: list, a success, a failure.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { binary, emptyFolder, environment } from "./program.js";

async function session(args) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StdioClientTransport({ command: binary, args, env: environment(emptyFolder()), stderr: "ignore" }));
  return client;
}

test("a look-up gives contacts that the client's own schema check accepts", async () => {
  const client = await session(["--demo"]);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ["list_mail_contacts"]);
  // After listTools the client checks every result against the tool's outputSchema.
  const result = await client.callTool({ name: "list_mail_contacts", arguments: { query: "client@example.com" } });
  assert.deepEqual(result.structuredContent.contacts, [{ id: 10, email: "client@example.com", name: "Client" }]);
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
  await client.close();
});

test("a failure gives its advice, and without credentials it says what to set", async () => {
  for (const [args, code, word] of [
    [["--demo-fault", "no-mail-scope"], "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", "mail permission"],
    [[], "NO_CREDENTIALS", "BITRIX24_WEBHOOK_URL"],
  ]) {
    const client = await session(args);
    const result = await client.callTool({ name: "list_mail_contacts", arguments: {} });
    assert.equal(result.isError, true);
    assert.equal(result.structuredContent.error.code, code);
    assert.ok(result.content[0].text.includes(word), result.content[0].text);
    assert.ok(result.structuredContent.error.fix.join(" ").includes(word));
    await client.close();
  }
});
