// `install` with the real clients: its entries work in them, and `--remove` restores their files.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { assertAdvice, assertAdviceText, assertContacts, call, structuredOfCodex } from "./answers.js";
import { configureCodexModel, serverName } from "./configuration.js";
import { installed, machine } from "./machine.js";
import { lastWords, model } from "./model.js";
import { quiet } from "./places.js";
import { contact, portal } from "./portal.js";
import { binary } from "./program.js";

const demo = `${serverName}-demo`;

/** Claude Code, with a file that Claude Code wrote and that has another server. */
const claudeCode = {
  name: "claude-code",
  file: (home) => join(home, ".claude.json"),
  async prepare(home, base, run) {
    await run(installed("claude"), "mcp", "add", "--scope", "user", "other", "--", "true");
  },
  list: (run) => run(installed("claude"), "mcp", "list"),
  ask: (run, entry) => run(installed("claude"), "-p", "Who is client?", "--allowedTools", `mcp__${entry}__${call.name}`),
  structured: (scripted) => JSON.parse(scripted.result().text),
  assertAdvice: (scripted) => assertAdviceText(scripted.result().text),
  /** The text without the entry. Everything that Claude Code wrote while it ran stays. */
  without(text, entry) {
    const settings = JSON.parse(text);
    delete settings.mcpServers[entry];
    return JSON.stringify(settings, null, 2);
  },
};

/** Codex, with a file that a person wrote, with comments. */
const codex = {
  name: "codex",
  file: (home) => join(home, ".codex/config.toml"),
  async prepare(home, base) {
    configureCodexModel(home, base);
    const text = `${readFileSync(this.file(home), "utf8")}# Mine.\n[mcp_servers.other] # kept\ncommand = 'true'\nenabled = false\n\n# The end.\n`;
    writeFileSync(this.file(home), text);
  },
  list: (run) => run(installed("codex"), "mcp", "list"),
  ask: (run, entry) =>
    run(installed("codex"), "exec", "--skip-git-repo-check", "--config", `mcp_servers.${entry}.required=true`, "Who is client?"),
  structured: (scripted) => structuredOfCodex(scripted.result().text),
  assertAdvice: (scripted) => assertAdvice(codex.structured(scripted)),
  without: (text, entry) => text.replace(new RegExp(`\n\\[mcp_servers\\.${entry}\\]\n(?:.+\n)+`), ""),
};

/** A machine with the client, its settings before `install`, and the scripted model. */
async function withClient(client, more = {}) {
  const scripted = await model(call.name, call.arguments);
  const { home, run, outside } = await machine({
    ...quiet,
    MCP_CONNECTION_NONBLOCKING: "0",
    ANTHROPIC_BASE_URL: scripted.base,
    ANTHROPIC_API_KEY: "dummy",
    SCRIPTED_MODEL_KEY: "dummy",
    ...more,
  });
  const must = async (...args) => {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  };
  await client.prepare(home, scripted.base, must);
  return { home, scripted, run, outside, must, ours: (...args) => must(binary, ...args) };
}

for (const client of [claudeCode, codex]) {
  test(`install ${client.name}: the entry comes and goes, and every other byte stays`, async () => {
    const { home, ours } = await withClient(client);
    const file = client.file(home);
    const before = readFileSync(file);
    await ours("install", client.name, "--demo");
    await ours("install", client.name);
    await ours("install", client.name);
    assert.notDeepEqual(readFileSync(file), before);
    await ours("install", client.name, "--remove");
    await ours("install", client.name, "--remove", "--demo");
    assert.deepEqual(readFileSync(file), before);
  });

  test(`install ${client.name} --demo: the model gets the contact, doctor passes, and --remove takes the entry out`, async () => {
    const { home, scripted, must, ours, outside } = await withClient(client);
    const file = client.file(home);
    await ours("install", client.name, "--demo");
    assert.match(await client.list(must), new RegExp(demo));
    assert.equal((await client.ask(must, demo)).trim(), lastWords);
    assertContacts(client.structured(scripted));
    const report = JSON.parse(await ours("doctor", "--client", client.name, "--demo", "--format", "json"));
    const checks = Object.fromEntries(report.checks.map(({ name, status }) => [name, status]));
    for (const name of ["client", "entry", "program", "environment", "handshake", "method"]) {
      assert.equal(checks[name], "ok", JSON.stringify(report.checks));
    }
    const used = readFileSync(file, "utf8");
    await ours("install", client.name, "--demo", "--remove");
    assert.equal(readFileSync(file, "utf8"), client.without(used, demo));
    assert.doesNotMatch(await client.list(must), new RegExp(demo));
    assert.deepEqual(outside, [], "the client contacted another host");
  });

  test(`install ${client.name}: the webhook of the environment reaches the server, and is in no file`, async () => {
    const { webhook, requests } = await portal();
    const { home, scripted, must, ours } = await withClient(client, { BITRIX24_WEBHOOK_URL: webhook });
    const shown = await ours("install", client.name);
    assert.doesNotMatch(`${shown}${readFileSync(client.file(home))}`, /abcdefgh12345678/);
    await client.ask(must, serverName);
    assert.deepEqual(client.structured(scripted).contacts, [contact]);
    assert.ok(requests.length > 0);
  });

  test(`install ${client.name}: a webhook in a file works too`, async () => {
    const { webhook } = await portal();
    const folder = (await machine()).home;
    const file = join(folder, "webhook");
    writeFileSync(file, webhook, { mode: 0o600 });
    const { scripted, must, ours } = await withClient(client, { BITRIX24_WEBHOOK_URL_FILE: file });
    await ours("install", client.name);
    await client.ask(must, serverName);
    assert.deepEqual(client.structured(scripted).contacts, [contact]);
  });

  test(`install ${client.name} without any credentials: the model is told what to set`, async () => {
    const { scripted, must, ours } = await withClient(client);
    await ours("install", client.name);
    await client.ask(must, serverName);
    assert.match(scripted.result().text, /NO_CREDENTIALS[\s\S]*BITRIX24_WEBHOOK_URL/);
  });

  test(`install ${client.name} --demo-fault: the model gets the complete advice`, async () => {
    const { scripted, must, ours } = await withClient(client);
    await ours("install", client.name, "--demo-fault", "no-mail-scope");
    await client.ask(must, demo);
    client.assertAdvice(scripted);
  });
}

test("install into an empty home: the file is created, and removed with the entry", async () => {
  const { home, run } = await machine(quiet);
  for (const client of [claudeCode, codex]) {
    mkdirSync(join(home, ".codex"), { recursive: true });
    assert.equal((await run(binary, "install", client.name, "--demo")).status, 0);
    const listed = await client.list((...args) => run(...args).then(({ stdout }) => stdout));
    assert.match(listed, new RegExp(demo));
  }
  assert.equal((await run(binary, "install", "codex", "--demo", "--remove")).status, 0);
  assert.equal(existsSync(codex.file(home)), false);
});
