// What a model is billed for, counted with o200k_base.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

import { binary, emptyFolder, environment } from "./program.js";

const env = { ...environment(emptyFolder()), BITRIX24_TIMEOUT: "200ms" };

async function withSession(args, use) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StdioClientTransport({ command: binary, args, env, stderr: "ignore" }));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

test("the tool costs under 400 tokens", async () => {
  await withSession(["--demo"], async (client) => {
    const [{ name, description, inputSchema }] = (await client.listTools()).tools;
    const tokens = countTokens(name + description + JSON.stringify(inputSchema));
    console.log(`name + description + inputSchema: ${tokens} tokens`);
    assert.ok(tokens < 400);
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
      assert.equal(result.isError, true, fault);
      costs.push([countTokens(JSON.stringify(result.structuredContent)), fault, "structure"]);
      costs.push([countTokens(result.content[0].text), fault, "text"]);
    });
  }
  await withSession(["--demo"], async (client) => {
    for (const args of [{ limit: "abc" }, { company: "Contoso" }]) {
      const result = await client.callTool({ name: "list_mail_contacts", arguments: args });
      costs.push([countTokens(JSON.stringify(result.structuredContent)), JSON.stringify(args), "structure"]);
      costs.push([countTokens(result.content[0].text), JSON.stringify(args), "text"]);
    }
  });
  costs.sort((a, b) => b[0] - a[0]);
  console.log(`${costs.length} failures; the dearest: ${costs.slice(0, 4).map((cost) => cost.join(" ")).join("; ")}`);
  assert.ok(costs[0][0] < 200, `${costs[0]}`);
});
