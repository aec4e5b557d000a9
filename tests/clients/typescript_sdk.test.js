// The TypeScript SDK's client over stdio, Streamable HTTP and HTTP+SSE: lists, successes, a question to the
// user, a prompt, a resource, a completion, a failure.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

import { assertAdvice, assertAdviceText, refusing, tools as expectedTools } from "./answers.js";
import { cell } from "./matrix.js";
import { binary, emptyFolder, environment, serve } from "./program.js";

const token = "a-token-of-this-check-0123456789";
const requestInit = { headers: { Authorization: `Bearer ${token}` } };

/** A client's transport to a server with these arguments, and how the server is stopped. */
const ways = {
  stdio: async (args) => ({
    transport: new StdioClientTransport({ command: binary, args, env: environment(emptyFolder()), stderr: "ignore" }),
    stop: async () => {},
  }),
  "Streamable HTTP": async (args) => {
    const { base, stop } = await serve(args);
    return { transport: new StreamableHTTPClientTransport(new URL(`${base}/mcp`)), stop };
  },
  "Streamable HTTP with a token": async (args) => {
    const { base, stop } = await serve(args, { BITRIX24_MCP_HTTP_TOKEN: token });
    return { transport: new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { requestInit }), stop };
  },
  "HTTP+SSE": async (args) => {
    const { base, stop } = await serve(args);
    return { transport: new SSEClientTransport(new URL(`${base}/sse`)), stop };
  },
};

for (const [name, way] of Object.entries(ways)) {
  const withSession = async (args, use) => {
    const { transport, stop } = await way(args);
    const client = new Client({ name: "check", version: "1" });
    await client.connect(transport);
    await use(client);
    await client.close();
    await stop();
  };

  const cellTest = (outcome, what, args, use) => {
    test(`${name}: ${what}`, () => {
      return cell("TypeScript SDK", name.replace(" with a token", ""), outcome, () => withSession(args, use));
    });
  };

  cellTest("connected", "the three tools are listed", ["--demo"], async (client) => {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), expectedTools);
  });

  cellTest("success", "a look-up gives contacts that the client's own schema check accepts", ["--demo"], async (client) => {
    await client.listTools();
    // After listTools the client checks every result against the tool's outputSchema.
    const result = await client.callTool({ name: "list_mail_contacts", arguments: { query: "client@example.com" } });
    assert.deepEqual(result.structuredContent.contacts, [{ id: 10, email: "client@example.com", name: "Client" }]);
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    const employees = await client.callTool({ name: "list_mail_employees", arguments: { query: "brown" } });
    assert.equal(employees.structuredContent.contacts[0].email, "kate.brown@example.com");
    const recipients = await client.callTool({
      name: "resolve_mail_recipients",
      arguments: { names: ["Ivan Petrov", "Bdfyjd", "client@example.com"] },
    });
    const statuses = recipients.structuredContent.recipients.map(({ status }) => status);
    assert.deepEqual(statuses, ["several", "several", "one"]);
  });

  test(`${name}: the user is asked if the client has a session, and the chosen person is the recipient`, async () => {
    const { transport, stop } = await way(["--demo"]);
    const client = new Client({ name: "check", version: "1" }, { capabilities: { elicitation: {} } });
    let asked = 0;
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked += 1;
      const [[field, choice]] = Object.entries(params.requestedSchema.properties);
      assert.equal(choice.title, "anna");
      return { action: "accept", content: { [field]: "anna.petrova@contoso.example" } };
    });
    await client.connect(transport);
    const call = { name: "resolve_mail_recipients", arguments: { names: ["anna"], ask_user: true } };
    const [found] = (await client.callTool(call)).structuredContent.recipients;
    // Without a session the server cannot ask the user.
    const isASession = name === "stdio" || name === "HTTP+SSE";
    assert.equal(asked, isASession ? 1 : 0);
    assert.equal(found.status, isASession ? "one" : "several");
    assert.equal(found.choice, isASession ? "chosen" : undefined);
    assert.ok(found.matches.some(({ email }) => email === "anna.petrova@contoso.example"));
    await client.close();
    await stop();
  });

  test(`${name}: a prompt, a resource and a completion`, async () => {
    await withSession(["--demo"], async (client) => {
      const [prompt] = (await client.listPrompts()).prompts;
      const to = "client@example.com";
      const { messages } = await client.getPrompt({ name: prompt.name, arguments: { to, about: "lunch" } });
      assert.ok(messages[0].content.text.endsWith(`{"names":["${to}"],"about":"lunch"}`));
      for (const { uri } of (await client.listResources()).resources) {
        assert.ok((await client.readResource({ uri })).contents[0].text.length > 100);
      }
      const [{ uriTemplate: uri }] = (await client.listResourceTemplates()).resourceTemplates;
      const [{ text }] = (await client.readResource({ uri: uri.replace("{query}", encodeURIComponent(to)) })).contents;
      assert.equal(JSON.parse(text).contacts[0].email, to);
      const argument = { name: "to", value: "anna, client@example.c" };
      const { completion } = await client.complete({ ref: { type: "ref/prompt", name: prompt.name }, argument });
      assert.deepEqual(completion, { values: [`anna, Client <${to}>`], total: 1, hasMore: false });
    });
  });

  cellTest("failure", "a failure gives its complete advice", refusing, async (client) => {
    const { isError, structuredContent, content } = await client.callTool({ name: "list_mail_contacts", arguments: {} });
    assert.equal(isError, true);
    assertAdvice(structuredContent);
    assert.equal(content.length, 1);
    assertAdviceText(content[0].text);
  });

  cellTest("failure", "without credentials it says what to set", [], async (client) => {
    const { isError, structuredContent, content } = await client.callTool({ name: "list_mail_contacts", arguments: {} });
    assert.equal(isError, true);
    assert.equal(structuredContent.error.code, "NO_CREDENTIALS");
    assert.match(content[0].text, /BITRIX24_WEBHOOK_URL/);
    assert.match(structuredContent.error.fix.join(" "), /BITRIX24_WEBHOOK_URL/);
  });

  test(`${name}: a call that the client cancels leaves the session usable`, async () => {
    await withSession(["--demo-quirk", "slow"], async (client) => {
      const abort = new AbortController();
      const call = client.callTool({ name: "list_mail_contacts", arguments: {} }, undefined, { signal: abort.signal });
      setTimeout(() => abort.abort(), 50);
      await assert.rejects(call);
      const result = await client.callTool({ name: "list_mail_contacts", arguments: { query: "client@example.com" } });
      assert.equal(result.structuredContent.contacts[0].id, 10);
    });
  });
}

test("without the token the client is told what to send", async () => {
  const { base, stop } = await serve(["--demo"], { BITRIX24_MCP_HTTP_TOKEN: token });
  const client = new Client({ name: "check", version: "1" });
  await assert.rejects(client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`))), /BITRIX24_MCP_HTTP_TOKEN/);
  await stop();
});
