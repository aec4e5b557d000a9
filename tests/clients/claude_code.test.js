// Claude Code from npm, with an empty HOME: `claude mcp list` does a real handshake and needs no model.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { binary, emptyFolder, environment, here, repository, serve } from "./program.js";

const run = promisify(execFile);

function machine() {
  const home = emptyFolder();
  const project = emptyFolder();
  const env = { ...environment(home), DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
  const claude = async (...args) => {
    const { stdout } = await run(join(here, "node_modules/.bin/claude"), args, { cwd: project, env, timeout: 120_000 });
    return stdout;
  };
  return { home, project, claude };
}

function assertConnected(list, name) {
  const line = list.split("\n").find((line) => line.startsWith(`${name}:`));
  assert.match(line ?? "", /Connected/, list);
}

test("claude mcp add, then claude mcp list says Connected", async () => {
  const { claude } = machine();
  await claude("mcp", "add", "bitrix24-mail", "--", binary, "--demo");
  assertConnected(await claude("mcp", "list"), "bitrix24-mail");
});

test("over Streamable HTTP and HTTP+SSE it says Connected, with a token too", async () => {
  for (const token of [undefined, "a-token-of-this-check-0123456789"]) {
    const { base, stop } = await serve(["--demo"], token ? { BITRIX24_MCP_HTTP_TOKEN: token } : {});
    const { claude } = machine();
    const header = token ? ["--header", `Authorization: Bearer ${token}`] : [];
    await claude("mcp", "add", "--transport", "http", "over-http", `${base}/mcp`, ...header);
    await claude("mcp", "add", "--transport", "sse", "over-sse", `${base}/sse`, ...header);
    const list = await claude("mcp", "list");
    assertConnected(list, "over-http");
    assertConnected(list, "over-sse");
    await stop();
  }
});

test("without credentials it still connects", async () => {
  const { claude } = machine();
  await claude("mcp", "add", "bitrix24-mail", "--", binary);
  assertConnected(await claude("mcp", "list"), "bitrix24-mail");
});

test("both entries of mcp.json.example work as they stand", async () => {
  const { home, project, claude } = machine();
  copyFileSync(join(repository, "mcp.json.example"), join(project, ".mcp.json"));
  mkdirSync(join(home, ".claude"));
  writeFileSync(join(home, ".claude/settings.json"), JSON.stringify({ enableAllProjectMcpServers: true }));
  const list = await claude("mcp", "list");
  assertConnected(list, "bitrix24-mail");
  assertConnected(list, "bitrix24-mail-demo");
});
