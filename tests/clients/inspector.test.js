// MCP Inspector's CLI from npm, which prints answers unchanged: with a handshake and in the newer revision without one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertAdvice, assertAdviceText, assertContacts, call, refusing, tools } from "./answers.js";
import { installed, machine, newEnoughNode } from "./machine.js";
import { cell } from "./matrix.js";
import { binary, serve } from "./program.js";

/** The CLI's exit status if a tool's result is a failure. */
const toolFailed = 5;

const eras = ["legacy", "auto", "modern"];

/** Each transport: the protocol eras, the arguments that name the server, and how the server is stopped. */
const ways = {
  stdio: { eras, start: async (args) => ({ target: ["--", binary, ...args], stop: async () => {} }) },
  "Streamable HTTP": { eras, start: served("/mcp") },
  "HTTP+SSE": { eras: ["legacy"], start: served("/sse") },
};

function served(path) {
  return async (args) => {
    const { base, stop } = await serve(args);
    return { target: ["--server-url", `${base}${path}`], stop };
  };
}

/** Sends the request to a server with these arguments, once in each era; returns statuses and results. */
async function inspect({ eras, start }, args, request) {
  const { target, stop } = await start(args);
  const answers = [];
  for (const era of eras) {
    const { run, outside } = await machine();
    const options = ["--cli", "--format", "json", "--protocol-era", era, ...request];
    const { status, stdout, stderr } = await run(newEnoughNode(), installed("mcp-inspector"), ...options, ...target);
    assert.deepEqual(outside, [], "the client contacted another host");
    answers.push({ status, stderr, result: JSON.parse(stdout || "{}").result });
  }
  await stop();
  return answers;
}

const listTools = ["--method", "tools/list", "--strict"];
const callTool = ["--method", "tools/call", "--tool-name", call.name, "--tool-args-json", JSON.stringify(call.arguments)];

for (const [transport, way] of Object.entries(ways)) {
  const cellTest = (outcome, what, args, request, use) => {
    test(`MCP Inspector, ${transport}: ${what}`, () => {
      return cell("MCP Inspector", transport, outcome, async () => (await inspect(way, args, request)).forEach(use));
    });
  };

  // With --strict the exit status reports schemas that some client cannot use.
  cellTest("connected", "the tools, with schemas for every client", ["--demo"], listTools, ({ status, stderr, result }) => {
    assert.equal(status, 0, stderr);
    assert.deepEqual(result.tools.map(({ name }) => name), tools);
  });

  cellTest("success", "contacts", ["--demo"], callTool, ({ status, stderr, result }) => {
    assert.equal(status, 0, stderr);
    assert.equal(result.isError, false);
    assertContacts(result.structuredContent);
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
  });

  cellTest("failure", "a failure's complete advice", refusing, callTool, ({ status, stderr, result }) => {
    assert.equal(status, toolFailed, stderr);
    assert.equal(result.isError, true);
    assertAdvice(result.structuredContent);
    assertAdviceText(result.content[0].text);
  });
}
