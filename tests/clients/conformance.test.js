// The MCP conformance suite: every scenario that a revision requires of a server, on that revision's wire.
//
// Scenarios that need the suite's own fixture server are in conformance-expected-failures.yml, each with its reason.
// Scenarios of a capability that this server does not declare are skipped.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { Browser } from "./browser.js";
import { newEnoughNode } from "./machine.js";
import { cell } from "./matrix.js";
import { emptyFolder, environment, here, serve, serveTeam } from "./program.js";

const run = promisify(execFile);
const suite = join(here, "node_modules/@modelcontextprotocol/conformance");

// Scenarios, and the capability that each needs.
const needs = [
  [/^logging-/, "logging"],
  [/^resources-(un)?subscribe$/, "resources.subscribe"],
  [/^completion-/, "completions"],
  [/^resources-|^sep-2164-/, "resources"],
  [/^prompts-|^input-required-result-non-tool-request$/, "prompts"],
  [/^caching$/, "prompts"],
];

// Scenarios that were added to the suite after the revision's list was frozen. They must pass too.
const more = {
  "2025-11-25": ["server-session-lifecycle", "server-sse-polling"],
  "2026-07-28": ["http-header-validation"],
};

// The numbers of scenarios that pass, and that are skipped for undeclared capabilities (logging, subscriptions).
const expected = { "2025-11-25": [9, 3], "2026-07-28": [12, 0] };

const expectedFailures = join(here, "conformance-expected-failures.yml");
const isExpected = (scenario) => new RegExp(`^  - ${scenario}(:| )`, "m").test(readFileSync(expectedFailures, "utf8"));

function required(revision) {
  const text = readFileSync(join(suite, `requirements/${revision}.yaml`), "utf8");
  const [, section] = text.match(/^server:\n([\s\S]*?)^\S/m);
  const names = [...section.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
  assert.ok(names.length > 25, `only ${names.length}`);
  return [...names, ...more[revision]];
}

/** What the server declares: `["tools"]`, with `resources.subscribe` where it is true. */
async function declared(base) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`)));
  const capabilities = Object.entries(client.getServerCapabilities());
  await client.close();
  return capabilities.flatMap(([name, more]) => [name, ...Object.keys(more ?? {}).map((detail) => `${name}.${detail}`)]);
}

for (const revision of Object.keys(more)) {
  test(`conformance, ${revision}`, async () => {
    const { base, stop } = await serve(["--demo"]);
    const has = await declared(base);
    const isAsked = (scenario) => needs.every(([pattern, capability]) => !pattern.test(scenario) || has.includes(capability));
    const scenarios = required(revision);
    const outcomes = [];
    for (const scenario of scenarios.filter(isAsked)) {
      const args = [
        join(suite, "dist/index.js"),
        "server",
        ...["--url", `${base}/mcp`, "--scenario", scenario, "--spec-version", revision],
        // With this option warnings fail a scenario too, so only the scenarios in the file get it.
        ...(isExpected(scenario) ? ["--expected-failures", expectedFailures] : []),
      ];
      const outcome = scenario === "tools-list" ? "connected" : "success";
      await cell(`conformance ${revision}`, "Streamable HTTP", outcome, async () => {
        try {
          await run(newEnoughNode(), args, { env: environment(emptyFolder()), timeout: 60_000 });
        } catch (error) {
          assert.fail(`${scenario}: ${error.stdout}${error.stderr}`);
        }
      });
      outcomes.push(isExpected(scenario) ? "needs a fixture" : "passed");
    }
    const passed = outcomes.filter((outcome) => outcome === "passed").length;
    const skipped = scenarios.length - outcomes.length;
    console.log(`conformance ${revision}: ${passed} scenarios passed, ${outcomes.length - passed} need fixtures, ${skipped} are of capabilities not declared`);
    // A missing scenario must fail the test.
    assert.deepEqual([passed, skipped], expected[revision]);
    await stop();
  });
}

test("conformance, authorization: the metadata, and a whole sign-in with an authorization code", async () => {
  const { base, stop } = await serveTeam();
  const port = 3000;
  const registered = await fetch(`${base}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "conformance", redirect_uris: [`http://127.0.0.1:${port}/callback`] }),
  });
  const { client_id: client } = await registered.json();
  const args = [join(suite, "dist/index.js"), "authorization", "--url", base, "--client-id", client, "--port", String(port)];
  const running = execFile(newEnoughNode(), args, { env: environment(emptyFolder()), timeout: 60_000 });
  let printed = "";
  let isSignedIn = false;
  for (const stream of [running.stdout, running.stderr]) {
    stream.on("data", (text) => {
      printed += text;
      const link = printed.match(new RegExp(`${base}/oauth/authorize\\?\\S+`));
      if (!link || isSignedIn) return;
      isSignedIn = true;
      new Browser().signIn(link[0], "1").catch((error) => (printed += error));
    });
  }
  const [status] = await once(running, "close");
  assert.equal(status, 0, printed);
  for (const scenario of ["authorization-server-metadata-endpoint", "authorization-code-grant"]) {
    assert.ok(printed.includes(scenario), printed);
  }
  assert.ok(isSignedIn, printed);
  await stop();
});
