// The tokens that a model is billed for, counted with o200k_base.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

import { listen } from "./machine.js";
import { binary, emptyFolder, environment } from "./program.js";

const env = { ...environment(emptyFolder()), BITRIX24_TIMEOUT: "240ms" };

async function withSession(args, use, more = {}) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StdioClientTransport({ command: binary, args, env: { ...env, ...more }, stderr: "ignore" }));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

test("the three tools cost under 1,100 tokens together", async () => {
  await withSession(["--demo"], async (client) => {
    const { tools } = await client.listTools();
    const costs = tools.map(({ name, description, inputSchema }) => {
      assert.ok(description.length < 600, `${name}: ${description.length} characters`);
      return countTokens(name + description + JSON.stringify(inputSchema));
    });
    const all = costs.reduce((sum, cost) => sum + cost, 0);
    console.log(`name + description + inputSchema: ${costs.join(" + ")} = ${all} tokens`);
    assert.equal(tools.length, 3);
    assert.ok(all < 1100, `${all}`);
    assert.ok(Buffer.byteLength(client.getInstructions()) < 1024, client.getInstructions());
  });
});

test("20 contacts cost under 600 tokens, on every page of the demo's address book", async () => {
  let most = 0;
  for (const offset of [0, 20, 40]) {
    const json = execFileSync(binary, ["lookup", "--demo", "--limit", "20", "--offset", `${offset}`, "--format", "json"], {
      env,
      encoding: "utf8",
    });
    const { contacts } = JSON.parse(json);
    assert.equal(contacts.length, 20);
    most = Math.max(most, countTokens(json));
    console.log(`20 contacts from offset ${offset}: ${countTokens(json)} tokens`);
  }
  assert.ok(most < 600, `${most}`);
});

test("every failure costs under 200 tokens, as structure and as text", async () => {
  const faults = spawnSync(binary, ["--demo-fault", "help"], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  const costs = [];
  for (const fault of faults) {
    await withSession(["--demo-fault", fault], async (client) => {
      const result = await client.callTool({ name: "list_mail_contacts", arguments: { query: "client" } });
      // The program survives a few faults: it retries, or refreshes its token.
      if (!result.isError) return;
      costs.push([countTokens(JSON.stringify(result.structuredContent)), fault, "structure"]);
      costs.push([countTokens(result.content[0].text), fault, "text"]);
    });
  }
  await withSession(["--demo"], async (client) => {
    for (const [name, args] of [
      ["list_mail_contacts", { limit: "abc" }],
      ["list_mail_contacts", { company: "Contoso" }],
      ["list_mail_employees", { query: " " }],
      ["resolve_mail_recipients", { names: [] }],
      ["resolve_mail_recipients", { company: "Contoso" }],
    ]) {
      const result = await client.callTool({ name, arguments: args });
      costs.push([countTokens(JSON.stringify(result.structuredContent)), JSON.stringify(args), "structure"]);
      costs.push([countTokens(result.content[0].text), JSON.stringify(args), "text"]);
    }
  });
  costs.sort((a, b) => b[0] - a[0]);
  assert.ok(costs.length > 180, `only ${costs.length}`);
  console.log(`${costs.length} failures; the dearest: ${costs.slice(0, 4).map((cost) => cost.join(" ")).join("; ")}`);
  assert.ok(costs[0][0] < 200, `${costs[0]}`);
});

test("a failure costs under 200 tokens, however long the portal's messages are", async () => {
  const long = "Недостаточно прав для выполнения запроса, обратитесь к администратору портала. ".repeat(50);
  const name = (code) => `BITRIX_REST_V3_EXCEPTION_${code}EXCEPTION`;
  const detail = { field: "очень_длинное_поле_".repeat(20), message: long };
  const cases = [
    [401, { code: name("ACCESSDENIED"), message: long }],
    [403, { code: name("INSUFFICIENTSCOPE"), message: long }],
    [400, { code: name("VALIDATION_REQUESTVALIDATION"), message: long, validation: Array(50).fill(detail) }],
  ];
  for (const [status, error] of cases) {
    const portal = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
    const url = `${await listen(portal)}/rest/1/t0kenc0untsecret/`;
    const result = await withSession(
      [],
      (client) => client.callTool({ name: "list_mail_contacts", arguments: {} }),
      { BITRIX24_WEBHOOK_URL: url },
    );
    const tokens = countTokens(JSON.stringify(result.structuredContent));
    console.log(`${error.code}: ${tokens} tokens`);
    assert.ok(tokens < 200, `${tokens}: ${JSON.stringify(result.structuredContent)}`);
    assert.ok(countTokens(result.content[0].text) < 200, result.content[0].text);
  }
});
