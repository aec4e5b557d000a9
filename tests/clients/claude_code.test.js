// Claude Code from npm, with an empty HOME and a scripted model: how it starts the server of the user's own
// ~/.claude.json, and which answers its model gets. `claude mcp list` does a real handshake and needs no model.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { assertAdviceText, assertContacts, call, describedTools, refusing, tools } from "./answers.js";
import { configureClaudeCode, program, serverName } from "./configuration.js";
import { installed, machine } from "./machine.js";
import { cell } from "./matrix.js";
import { lastWords, model } from "./model.js";
import { quiet } from "./places.js";
import { contact, portal } from "./portal.js";
import { binary, repository, serve } from "./program.js";

// By default Claude Code waits about two seconds, then lets the model begin without the server: too short here.
const patient = { MCP_CONNECTION_NONBLOCKING: "0" };
const token = "a-token-of-this-check-0123456789";

/** A machine with Claude Code; `claude` runs it and returns its output. */
async function withClaude(more = {}) {
  const { home, project, run, outside } = await machine({ ...quiet, ...patient, ...more });
  const claude = async (...args) => {
    const { status, stdout, stderr } = await run(installed("claude"), ...args);
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.deepEqual(outside, [], "the client contacted another host");
    return stdout;
  };
  return { home, project, claude };
}

/** Lets the scripted model make one call of the configured server; returns everything that the model saw. */
async function ask(server, { name, arguments: args } = call, more = {}) {
  const scripted = await model(name, args);
  const { home, claude } = await withClaude({ ANTHROPIC_BASE_URL: scripted.base, ANTHROPIC_API_KEY: "dummy", ...more });
  configureClaudeCode(home, server);
  const said = await claude("-p", "Who is client?", "--allowedTools", `mcp__${serverName}__${name}`);
  assert.equal(said.trim(), lastWords);
  assert.deepEqual(scripted.unknownRequests, []);
  return scripted;
}

function assertConnected(list, name) {
  const line = list.split("\n").find((line) => line.startsWith(`${name}:`));
  assert.match(line ?? "", /Connected/, list);
}

/** Each transport's entry of the server, and how the server is stopped. */
const ways = {
  stdio: async (args) => ({ server: program(args), stop: async () => {} }),
  "Streamable HTTP": async (args) => {
    const { base, stop } = await serve(args);
    return { server: { url: `${base}/mcp` }, stop };
  },
  "HTTP+SSE": async (args) => {
    const { base, stop } = await serve(args);
    return { server: { url: `${base}/sse`, type: "sse" }, stop };
  },
};

for (const [transport, way] of Object.entries(ways)) {
  test(`Claude Code, ${transport}: connected, and the model sees the three tools`, async () => {
    await cell("Claude Code", transport, "connected", async () => {
      const { server, stop } = await way(["--demo"]);
      const { home, claude } = await withClaude();
      configureClaudeCode(home, server);
      assertConnected(await claude("mcp", "list"), serverName);
      const { requests } = await ask(server);
      const [first, second] = requests.map(({ body }) => body);
      // Tools are named first and shown when the model asks for them.
      const named = JSON.stringify(first.messages).match(new RegExp(`mcp__${serverName}__\\w+`, "g"));
      assert.deepEqual(named.sort(), tools.map((tool) => `mcp__${serverName}__${tool}`).sort());
      const shown = second.tools.find(({ name }) => name === `mcp__${serverName}__${call.name}`);
      const described = (await describedTools()).get(call.name);
      assert.deepEqual([shown.description, shown.input_schema], [described.description, described.inputSchema]);
      assert.match(JSON.stringify(first.messages), /Before drafting mail to people known by name/);
      await stop();
    });
  });

  test(`Claude Code, ${transport}: the model gets contacts`, async () => {
    await cell("Claude Code", transport, "success", async () => {
      const { server, stop } = await way(["--demo"]);
      const { text, isError } = (await ask(server)).result();
      assert.equal(isError, false, text);
      assertContacts(JSON.parse(text));
      await stop();
    });
  });

  test(`Claude Code, ${transport}: the model gets a failure's complete advice`, async () => {
    await cell("Claude Code", transport, "failure", async () => {
      const { server, stop } = await way(refusing);
      const { text, isError } = (await ask(server)).result();
      assert.equal(isError, true, text);
      assertAdviceText(text);
      await stop();
    });
  });
}

test("Claude Code: a name is resolved for the model", async () => {
  const names = ["client@example.com"];
  const scripted = await ask(program(["--demo"]), { name: "resolve_mail_recipients", arguments: { names } });
  const [recipient] = JSON.parse(scripted.result().text).recipients;
  assert.deepEqual([recipient.status, recipient.matches[0].email], ["one", names[0]]);
});

// Ways to pass the webhook to a program that Claude Code starts. A variable of another name shows that the file passes
// it, since Claude Code also passes on the environment.
const fromSameName = { BITRIX24_WEBHOOK_URL: "${BITRIX24_WEBHOOK_URL:-}" };
const fromOtherName = { BITRIX24_WEBHOOK_URL: "${WEBHOOK_OF_MINE:-}" };
for (const [name, env, variables, reaches] of [
  ["a variable of the same name in `env` is expanded", fromSameName, ["BITRIX24_WEBHOOK_URL"], true],
  ["a variable of another name in `env` is expanded", fromOtherName, ["WEBHOOK_OF_MINE"], true],
  ["a variable that is not set is empty, and the advice says what to set", fromOtherName, [], false],
  ["`env` wins over the environment, even with nothing", fromOtherName, ["BITRIX24_WEBHOOK_URL"], false],
  ["the environment is passed on without any `env`", undefined, ["BITRIX24_WEBHOOK_URL"], true],
]) {
  test(`Claude Code: ${name}`, async () => {
    const { webhook, requests } = await portal();
    const more = Object.fromEntries(variables.map((variable) => [variable, webhook]));
    const { text, isError } = (await ask(program([], { env }), call, more)).result();
    assert.equal(requests.length, reaches ? 1 : 0);
    assert.equal(isError, !reaches, text);
    if (reaches) assert.deepEqual(JSON.parse(text).contacts, [contact]);
    else assert.match(text, /Code: NO_CREDENTIALS[^]*BITRIX24_WEBHOOK_URL/);
  });
}

test("Claude Code: a token in `headers` is expanded, and without it the server is not connected", async () => {
  const { base, stop } = await serve(["--demo"], { BITRIX24_MCP_HTTP_TOKEN: token });
  const server = { url: `${base}/mcp`, headers: { Authorization: "Bearer ${TOKEN_OF_MINE}" } };
  assertContacts(JSON.parse((await ask(server, call, { TOKEN_OF_MINE: token })).result().text));
  const { home, claude } = await withClaude({ TOKEN_OF_MINE: "another" });
  configureClaudeCode(home, server);
  assert.doesNotMatch(await claude("mcp", "list"), /Connected/);
  await stop();
});

test("claude mcp add, then claude mcp list says Connected", async () => {
  const { claude } = await withClaude();
  await claude("mcp", "add", "bitrix24-mail", "--", binary, "--demo");
  assertConnected(await claude("mcp", "list"), "bitrix24-mail");
});

test("over Streamable HTTP and HTTP+SSE it says Connected, with a token too", async () => {
  for (const bearer of [undefined, token]) {
    const { base, stop } = await serve(["--demo"], bearer ? { BITRIX24_MCP_HTTP_TOKEN: bearer } : {});
    const { claude } = await withClaude();
    const header = bearer ? ["--header", `Authorization: Bearer ${bearer}`] : [];
    await claude("mcp", "add", "--transport", "http", "over-http", `${base}/mcp`, ...header);
    await claude("mcp", "add", "--transport", "sse", "over-sse", `${base}/sse`, ...header);
    const list = await claude("mcp", "list");
    assertConnected(list, "over-http");
    assertConnected(list, "over-sse");
    await stop();
  }
});

test("without credentials it still connects", async () => {
  const { claude } = await withClaude();
  await claude("mcp", "add", "bitrix24-mail", "--", binary);
  assertConnected(await claude("mcp", "list"), "bitrix24-mail");
});

test("every entry of mcp.json.example works as it stands, with the team's token and without", async () => {
  for (const more of [{}, { BITRIX24_MCP_HTTP_TOKEN: token }]) {
    const { stop } = await serve(["--demo"], more, 8024);
    const { home, project, claude } = await withClaude(more);
    copyFileSync(join(repository, "mcp.json.example"), join(project, ".mcp.json"));
    mkdirSync(join(home, ".claude"));
    writeFileSync(join(home, ".claude/settings.json"), JSON.stringify({ enableAllProjectMcpServers: true }));
    const list = await claude("mcp", "list");
    for (const name of ["bitrix24-mail", "bitrix24-mail-team", "bitrix24-mail-demo"]) assertConnected(list, name);
    await stop();
  }
});
