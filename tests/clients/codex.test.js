// Codex from npm, with an empty HOME and a scripted model: how it starts the server of the user's own
// ~/.codex/config.toml, and which answers its model gets.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertAdvice, assertContacts, call, describedTools, refusing, structuredOfCodex, tools } from "./answers.js";
import { configureCodex, configureCodexModel, program, serverName } from "./configuration.js";
import { installed, machine } from "./machine.js";
import { cell } from "./matrix.js";
import { lastWords, model } from "./model.js";
import { contact, portal } from "./portal.js";
import { serve } from "./program.js";

// By default Codex waits about a second, then lets the model begin without the server: too short for a busy machine.
const patient = ["--config", `mcp_servers.${serverName}.required=true`];

const token = "a-token-of-this-check-0123456789";

/** A machine with Codex, the scripted model at `base` and this server; returns a function that runs Codex. */
async function withCodex(base, server, more = {}) {
  const { home, run, outside } = await machine({ SCRIPTED_MODEL_KEY: "dummy", ...more });
  configureCodexModel(home, base);
  configureCodex(home, server);
  return async (...args) => {
    const { status, stdout, stderr } = await run(installed("codex"), ...args);
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.deepEqual(outside, [], "the client contacted another host");
    return stdout;
  };
}

/** Lets the scripted model make one call of the configured server; returns everything that the model saw. */
async function ask(server, { name, arguments: args } = call, more = {}) {
  const scripted = await model(name, args);
  const codex = await withCodex(scripted.base, server, more);
  assert.equal((await codex("exec", "--skip-git-repo-check", ...patient, "Who is client?")).trim(), lastWords);
  assert.deepEqual(scripted.unknownRequests, []);
  return scripted;
}

/** Codex drops the bounds of numbers and lists, and shows the model the rest of a schema unchanged. */
const dropped = ["minimum", "maximum", "maxItems"];
const withoutBounds = (schema) =>
  JSON.parse(JSON.stringify(schema, (key, value) => (dropped.includes(key) ? undefined : value)));

const structured = (scripted) => structuredOfCodex(scripted.result().text);

/** Each transport's entry of the server, and how the server is stopped. */
const ways = {
  stdio: async (args) => ({ server: program(args), stop: async () => {} }),
  "Streamable HTTP": async (args) => {
    const { base, stop } = await serve(args);
    return { server: { url: `${base}/mcp` }, stop };
  },
};

for (const [transport, way] of Object.entries(ways)) {
  test(`Codex, ${transport}: listed, connected, and the model is shown the three tools`, async () => {
    await cell("Codex", transport, "connected", async () => {
      const { server, stop } = await way(["--demo"]);
      const scripted = await ask(server);
      const codex = await withCodex(scripted.base, server);
      assert.match(await codex("mcp", "list"), new RegExp(`^${serverName} .* enabled `, "m"));
      const [listed] = JSON.parse(await codex("mcp", "list", "--json"));
      assert.deepEqual([listed.name, listed.enabled], [serverName, true]);
      for (const [key, value] of Object.entries(server)) assert.deepEqual(listed.transport[key], value);

      const [{ body }] = scripted.requests;
      const namespace = body.tools.find(({ name }) => name === "mcp__bitrix24_mail");
      assert.match(namespace.description, /Before drafting mail to people known by name/);
      assert.deepEqual(namespace.tools.map(({ name }) => name).sort(), [...tools].sort());
      const described = await describedTools();
      for (const { name, description, parameters } of namespace.tools) {
        assert.equal(description, described.get(name).description);
        assert.deepEqual(parameters, withoutBounds(described.get(name).inputSchema));
      }
      await stop();
    });
  });

  test(`Codex, ${transport}: the model gets contacts`, async () => {
    await cell("Codex", transport, "success", async () => {
      const { server, stop } = await way(["--demo"]);
      assertContacts(structured(await ask(server)));
      await stop();
    });
  });

  test(`Codex, ${transport}: the model gets a failure's complete advice`, async () => {
    await cell("Codex", transport, "failure", async () => {
      const { server, stop } = await way(refusing);
      assertAdvice(structured(await ask(server)));
      await stop();
    });
  });
}

test("Codex: a name is resolved for the model", async () => {
  const names = ["client@example.com"];
  const scripted = await ask(program(["--demo"]), { name: "resolve_mail_recipients", arguments: { names } });
  const [recipient] = structured(scripted).recipients;
  assert.deepEqual([recipient.status, recipient.matches[0].email], ["one", names[0]]);
});

// The environment is the same each time; only the variables that the file names reach the server.
for (const [name, settings, refusal] of [
  ["a variable named in `env_vars` reaches the server", { env_vars: ["BITRIX24_WEBHOOK_URL"] }],
  ["a variable that nobody names does not", {}, "NO_CREDENTIALS"],
  ["a variable in `env` is not expanded", { env: { BITRIX24_WEBHOOK_URL: "${BITRIX24_WEBHOOK_URL}" } }, "BAD_WEBHOOK_URL"],
]) {
  test(`Codex: ${name}`, async () => {
    const { webhook, requests } = await portal();
    const { contacts, error } = structured(await ask(program([], settings), call, { BITRIX24_WEBHOOK_URL: webhook }));
    assert.equal(error?.code, refusal);
    assert.deepEqual(contacts, refusal ? undefined : [contact]);
    assert.equal(requests.length, refusal ? 0 : 1);
  });
}

test("Codex: a token comes from the variable that `bearer_token_env_var` names", async () => {
  const { base, stop } = await serve(["--demo"], { BITRIX24_MCP_HTTP_TOKEN: token });
  const server = { url: `${base}/mcp`, bearer_token_env_var: "TOKEN_OF_MINE" };
  assertContacts(structured(await ask(server, call, { TOKEN_OF_MINE: token })));
  const refusal = /failed to initialize: bitrix24-mail: .*Auth required/;
  await assert.rejects(ask(server, call, { TOKEN_OF_MINE: "another" }), refusal);
  await stop();
});
