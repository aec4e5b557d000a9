// A team's server and its sign-in, by the clients themselves: each employee of the demo portal sees their own contacts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { call, structuredOfCodex } from "./answers.js";
import { signInByChromium } from "./browser.js";
import { configureCodexModel } from "./configuration.js";
import { installed, machine, newEnoughNode } from "./machine.js";
import { lastWords, model } from "./model.js";
import { here, quiet, repository } from "./places.js";
import { command, demoPortal, emptyFolder, environment, serveTeam, serveTeamOn } from "./program.js";
import { anna, answerTo, assertOwn, boris, carla, look, signInBySdk } from "./team.js";

/** A machine whose browser is a script that writes the address down; `opened` waits for the address. */
async function withBrowser(more = {}) {
  const host = await machine({ ...quiet, ...more });
  const [script, note] = ["xdg-open", "opened"].map((name) => join(host.home, name));
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$1" > ${note}.part && mv ${note}.part ${note}\n`);
  chmodSync(script, 0o755);
  Object.assign(host.env, { BROWSER: script, PATH: `${host.home}:${host.env.PATH}`, DISPLAY: ":0" });
  const opened = async () => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (existsSync(note)) return readFileSync(note, "utf8").trim();
      await sleep(50);
    }
    throw new Error("the client opened no browser");
  };
  return { ...host, opened };
}

/** Runs a client's own sign-in, and carries its link through Chromium as this employee. */
async function signIn({ start, opened }, employee, command, ...args) {
  const login = start(command, ...args);
  const link = await Promise.race([
    opened(),
    login.ended.then(({ stdout, stderr }) => assert.fail(`the sign-in ended early: ${stdout}${stderr}`)),
  ]);
  await signInByChromium(link, employee.user);
  const { status, stdout, stderr } = await login.ended;
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const claude = {
  name: "Claude Code",
  tool: `mcp__b24__${call.name}`,
  async prepare(employee, base) {
    const scripted = await model(call.name, call.arguments);
    const host = await withBrowser({ ANTHROPIC_BASE_URL: scripted.base, ANTHROPIC_API_KEY: "dummy", MCP_CONNECTION_NONBLOCKING: "0" });
    const added = await host.run(installed("claude"), "mcp", "add", "--scope", "user", "--transport", "http", "b24", `${base}/mcp`);
    assert.equal(added.status, 0, added.stderr);
    // Claude Code opens a browser only at a terminal, which `script` plays.
    await signIn(host, employee, "script", "--quiet", "--return", "--command", `${installed("claude")} mcp login b24`, "/dev/null");
    return { scripted, host };
  },
  run: ({ run }) => run(installed("claude"), "-p", "Who is client?", "--allowedTools", `mcp__b24__${call.name}`),
  result: (scripted) => JSON.parse(scripted.result().text),
};

const codex = {
  name: "Codex",
  async prepare(employee, base) {
    const scripted = await model(call.name, call.arguments);
    const host = await withBrowser({ SCRIPTED_MODEL_KEY: "dummy" });
    configureCodexModel(host.home, scripted.base);
    // Without a keyring, which a server has not, tokens are kept in a file.
    writeFileSync(join(host.home, ".codex/config.toml"), `mcp_oauth_credentials_store = "file"\n${readFileSync(join(host.home, ".codex/config.toml"), "utf8")}
[mcp_servers.b24]
url = "${base}/mcp"
required = true
`);
    await signIn(host, employee, installed("codex"), "mcp", "login", "b24");
    return { scripted, host };
  },
  run: ({ run }) => run(installed("codex"), "exec", "--skip-git-repo-check", "Who is client?"),
  result: (scripted) => structuredOfCodex(scripted.result().text),
};

/** Lets the scripted model of a signed-in client make one call. */
async function ask(client, { scripted, host }) {
  const { status, stdout, stderr } = await client.run(host);
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.equal(stdout.trim(), lastWords, stderr);
  assert.deepEqual(scripted.unknownRequests, []);
  assert.deepEqual(host.outside, [], "the client contacted another host");
  return client.result(scripted);
}

test("Claude Code signs in as Anna and Codex as Boris on one server, and each sees their own contacts", async () => {
  const { base, stop } = await serveTeam();
  const asAnna = await claude.prepare(anna, base);
  const asBoris = await codex.prepare(boris, base);
  assertOwn(await ask(claude, asAnna), anna);
  assertOwn(await ask(codex, asBoris), boris);
  await stop();
});

test("Claude Code and Codex the other way round", async () => {
  const { base, stop } = await serveTeam();
  const asCarla = await claude.prepare(carla, base);
  const asAnna = await codex.prepare(anna, base);
  assertOwn(await ask(codex, asAnna), anna);
  assertOwn(await ask(claude, asCarla), carla);
  await stop();
});

test("TypeScript SDK: signs in, looks up, and refreshes", async () => {
  const { base, stop } = await serveTeam();
  const [ofCarla, ofBoris] = [await signInBySdk(base, carla), await signInBySdk(base, boris)];
  assertOwn(await look(base, ofCarla), carla);
  assertOwn(await look(base, ofBoris), boris);
  // With a token that is not valid any more, the SDK refreshes by itself.
  ofCarla.kept = { ...ofCarla.kept, access_token: "b24a_expired" };
  assertOwn(await look(base, ofCarla), carla);
  assert.notEqual(ofCarla.kept.access_token, "b24a_expired");
  await stop();
});

test("MCP Inspector: a token of a sign-in opens that employee's book, another text none", async () => {
  const { base, stop } = await serveTeam();
  const { kept } = await signInBySdk(base, boris);
  const inspect = async (token) => {
    const { run } = await machine();
    const options = ["--cli", "--format", "json", "--method", "tools/call", "--tool-name", call.name];
    const args = ["--tool-args-json", JSON.stringify(call.arguments), "--header", `Authorization: Bearer ${token}`];
    return run(newEnoughNode(), installed("mcp-inspector"), ...options, ...args, "--server-url", `${base}/mcp`);
  };
  const { status, stdout, stderr } = await inspect(kept.access_token);
  assert.equal(status, 0, stderr);
  assertOwn(JSON.parse(stdout).result.structuredContent, boris);
  assert.notEqual((await inspect("b24a_of_nobody")).status, 0);
  await stop();
});

test("Python SDK: signs in and looks up", async () => {
  const { base, stop } = await serveTeam();
  const args = [join(here, "python_sdk_team.py"), `${base}/mcp`, "http://127.0.0.1:5999/callback"];
  const env = { ...environment(emptyFolder()), PYTHONPATH: join(repository, "target/tools/python") };
  const python = spawn("python3", args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
  const answer = await answerTo(JSON.parse((await lines.next()).value), carla);
  python.stdin.end(`${JSON.stringify(Object.fromEntries(answer))}\n`);
  assertOwn(JSON.parse((await lines.next()).value), carla);
  await stop();
});

test("sign-ins outlive a restart and a killed server, and end when the operator ends them", async () => {
  const settings = await demoPortal();
  const base = settings.BITRIX24_MCP_PUBLIC_URL;
  const first = await serveTeamOn(settings);
  const [ofAnna, ofCarla] = [await signInBySdk(base, anna), await signInBySdk(base, carla)];
  await first.stop();
  const second = await serveTeamOn(settings);
  assertOwn(await look(base, ofAnna), anna);
  await second.kill();
  const third = await serveTeamOn(settings);
  assertOwn(await look(base, ofCarla), carla);
  assertOwn(await look(base, ofAnna), anna);
  const { sign_ins } = JSON.parse(command(["team", "list", "--format", "json"], settings));
  assert.deepEqual(sign_ins.map(({ user_id, client }) => [user_id, client]).sort(), [[1, "TypeScript SDK"], [8, "TypeScript SDK"]]);
  assert.match(command(["doctor", "--team"], settings), /all well/);
  command(["team", "end", "8"], settings);
  await assert.rejects(look(base, ofCarla), /its sign-in has ended/);
  assertOwn(await look(base, ofAnna), anna);
  await third.stop();
});
