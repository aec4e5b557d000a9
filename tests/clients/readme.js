// Runs the shell blocks of the documentation as a reader would, each in an empty HOME.
//
//   node readme.js first    the first block: the main job and the whole test suite
//   node readme.js rest     every other block, and every command in the text that no block has
//
// `first` needs only Node; `rest` needs the release binary and the clients from npm.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { binary, here, quiet, repository } from "./places.js";

// Blocks that must print something, beside ending with status 0: the block, and its output.
const expected = [
  [/lookup client --demo /, /client@example\.com/],
  [/resolve "Ivan Petrov"/, /Алексей Иванов/],
  [/install claude-code --demo\n/, /all well/],
  [/install --list/, /codex +(not )?found +installed/],
];

// Commands in the text that are not run here, each with the reason.
const elsewhere = {
  "bash .ci/run": "this runs within it",
  "cargo fmt --all": ".ci/run checks the format",
  "cargo clippy --workspace --all-targets -- -D warnings": ".ci/run does so",
  "cargo binstall": "is another program's; tests/clients/packages.test.js compares the names that it looks for",
  "npm ci": ".ci/run does so in tests/clients",
  "cargo bench -p benches --bench http": "measures, for minutes",
  "cargo bench -p benches --bench team": "likewise",
  "cargo bench -p benches --bench compare -- --docs docs/performance.md": "likewise",
  "cargo bench -p benches --bench parts": "likewise",
  "cargo bench -p benches --bench growth -- --svg docs/growth.svg --docs docs/performance.md": "likewise",
  "python3 tests/soak.py": "takes ten minutes",
  "python3 tests/soak_team.py": "likewise",
  "python3 tests/soak_replicas.py": "likewise; .ci/run does so for a minute",
  "python3 tests/limit_replicas.py": "takes minutes; .ci/run does so for a shorter time",
  "codex mcp login b24": "waits for a person; tests/clients/team.test.js plays one",
  "bitrix24-mail-mcp login": "waits for a person; tests/it/cli/login.rs plays one",
  "bitrix24-mail-mcp doctor": "needs a portal; tests/it/cli/doctor.rs has one",
  "bitrix24-mail-mcp lookup client --demo-fault NAME": "NAME stands for a fault; tests/it runs them all",
  "cargo run -- schema --write schemas --docs docs": "tests/it/generated.rs runs it on a copy",
  "python3 docs/picture.py target/release/bitrix24-mail-mcp": ".ci/run does so with --check",
};

// The README comes first: its first block is what a newcomer runs.
const files = [
  "README.md",
  "README.ru.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "STYLE.md",
  ...readdirSync(join(repository, "docs")).filter((file) => file.endsWith(".md")).sort().map((file) => `docs/${file}`),
  "packages/README.md",
  "tests/it/recipients/README.md",
];

/** The shell blocks of all files, each once. */
function blocks() {
  const texts = files.flatMap((file) => {
    const text = readFileSync(join(repository, file), "utf8");
    return [...text.matchAll(/^```(?:sh|bash|shell|console)\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  });
  return [...new Set(texts)];
}

/** Commands between backticks in the text around the blocks. */
function inlineCommands() {
  const texts = files.map((file) => readFileSync(join(repository, file), "utf8").replace(/^```[\s\S]*?^```$/gm, ""));
  const spans = [...texts.join("\n").matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
  // Parts of the test suite have run with the first block.
  const isCommand = (span) => !/^cargo test\b/.test(span) && /^(bitrix24-mail-mcp|cargo|claude|codex|bash|python3|node|npm) /.test(span);
  return [...new Set(spans.filter(isCommand))];
}

function environment(home) {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const path = [join(home, ".local/bin"), dirname(binary), join(here, "node_modules/.bin"), process.env.PATH].join(":");
  return {
    HOME: home,
    PATH: path,
    CARGO_HOME: cargo,
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
    CARGO_INSTALL_ROOT: join(home, ".local"),
    // Without an address, the tests try PostgreSQL at 127.0.0.1:5432, and are left out if it does not answer.
    ...(process.env.BITRIX24_MCP_TEST_POSTGRES && { BITRIX24_MCP_TEST_POSTGRES: process.env.BITRIX24_MCP_TEST_POSTGRES }),
    ...quiet,
  };
}

// Longer than the first block takes, which builds everything and runs all tests.
const longest = 45 * 60 * 1000;

/** Runs a block to its end, and a server until it answers. With `loud`, passes the block's output on. */
async function run(block, loud) {
  const home = mkdtempSync(join(tmpdir(), "bitrix24-mail-mcp-readme-"));
  const serves = /serve --http/.test(block);
  const shell = spawn("bash", ["-euo", "pipefail", "-c", block], {
    cwd: repository,
    env: environment(home),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const ended = new Promise((resolve) => shell.on("close", (status, signal) => resolve({ status, signal })));
  const listening = new Promise((resolve) => {
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on("data", (data) => {
        output += data;
        if (loud) process.stdout.write(data);
        const address = output.match(/http:\/\/127\.0\.0\.1:\d+/);
        if (serves && address) resolve(address[0]);
      });
    }
  });
  if (serves) {
    const address = await Promise.race([listening, ended.then(() => assert.fail(`did not serve:\n${output}`))]);
    const { status } = await fetch(`${address}/healthz`);
    assert.ok(status === 200 || status === 401, `health is ${status}`);
    process.kill(-shell.pid, "SIGTERM");
    await ended;
    rmSync(home, { recursive: true, force: true });
    return output;
  }
  const late = setTimeout(() => stop(shell), longest);
  // A process that the block leaves running keeps the output open.
  const left = once(shell, "exit").then(() => setTimeout(() => stop(shell), 10_000));
  const { status } = await ended;
  clearTimeout(late);
  clearTimeout(await left);
  rmSync(home, { recursive: true, force: true });
  assert.equal(status, 0, `status ${status}:\n${block}\n${loud ? "" : output}`);
  return output;
}

/** Kills every process that a block has started, and lists them. */
function stop(shell) {
  const processes = spawnSync("ps", ["-o", "pid,etime,args", "-s", String(shell.pid)], { encoding: "utf8" });
  console.error(`killed, because the block does not end:\n${processes.stdout}`);
  try {
    process.kill(-shell.pid, "SIGKILL");
  } catch (error) {
    assert.equal(error.code, "ESRCH");
  }
  shell.stdout.destroy();
  shell.stderr.destroy();
}

async function check(block, loud = false) {
  const started = performance.now();
  const output = await run(block, loud);
  for (const [pattern, wanted] of expected) {
    if (pattern.test(block)) assert.ok(wanted.test(output), `${wanted} is not in\n${output}`);
  }
  const title = block.trim().split("\n")[0];
  console.log(`ran in ${((performance.now() - started) / 1000).toFixed(1)} s: ${title}`);
  return output;
}

const [first, ...others] = blocks();
assert.match(first, /--demo[^\n]*\ncargo test/, "the first block has the main job and the tests");
switch (process.argv[2]) {
  case "first":
    await check(first, true);
    break;
  case "rest": {
    for (const [pattern] of expected) {
      assert.ok(blocks().some((block) => pattern.test(block)), `no block has ${pattern}`);
    }
    for (const block of others) await check(block);
    const all = blocks().join("\n");
    for (const command of inlineCommands()) {
      if (!all.includes(command) && !(command in elsewhere)) await check(`${command}\n`);
    }
    console.log(`${others.length} blocks of the documentation ran`);
    break;
  }
  default:
    assert.fail("say `first` or `rest`");
}
