// Runs every test of this folder one file after another, then prints which client got what over which transport.
//
// Ends with status 1 if a test failed, or if a cell of the matrix is missing.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { matrix, variable } from "./matrix.js";
import { here } from "./places.js";

const folder = mkdtempSync(join(tmpdir(), "bitrix24-mail-mcp-"));
const file = join(folder, "cells");
writeFileSync(file, "");

const options = ["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=300000"];
const { status } = spawnSync(process.execPath, options, {
  cwd: here,
  env: { ...process.env, [variable]: file },
  stdio: "inherit",
});

const { text, wanting } = matrix(file);
rmSync(folder, { recursive: true });
console.log(`\n${text}`);
if (wanting.length > 0) console.log(`\nNot passed:\n${wanting.join("\n")}`);
process.exitCode = status === 0 && wanting.length === 0 ? 0 : 1;
