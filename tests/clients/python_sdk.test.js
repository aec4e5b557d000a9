// The Python SDK's client, installed by .ci/run into target/tools/python.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { binary, emptyFolder, environment, here, repository, serve } from "./program.js";

const run = promisify(execFile);

test("the Python SDK gets contacts, advice and a question to the user over every transport", async () => {
  const [demo, failing] = [await serve(["--demo"]), await serve(["--demo-fault", "no-mail-scope"])];
  const env = { ...environment(emptyFolder()), PYTHONPATH: join(repository, "target/tools/python") };
  const args = [join(here, "python_sdk.py"), binary, demo.base, failing.base];
  const { stdout } = await run("python3", args, { env, timeout: 120_000 });
  assert.equal(stdout.trim().split("\n").length, 18, stdout);
  await demo.stop();
  await failing.stop();
});
