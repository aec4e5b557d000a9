// Runs every test of this folder, one file after another, then prints the matrix of clients and transports.
//
// Ends with status 1 if a test failed, or if a cell of the matrix is missing or failed.
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

const { text, notPassed } = matrix(file);
rmSync(folder, { recursive: true });
console.log(`\n${text}`);
if (notPassed.length > 0) console.log(`\nNot passed:\n${notPassed.join("\n")}`);
process.exitCode = status === 0 && notPassed.length === 0 ? 0 : 1;
