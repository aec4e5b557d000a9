// The Python SDK's client, installed by .ci/run into target/tools/python.
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { assertAdvice, assertAdviceText, assertContacts, refusing, tools } from "./answers.js";
import { machine } from "./machine.js";
import { cell } from "./matrix.js";
import { binary, here, repository, serve } from "./program.js";

/** The sessions that python_sdk.py opens over each transport. */
const sessions = {
  stdio: ["stdio", "stdio with a handshake"],
  "Streamable HTTP": ["Streamable HTTP", "Streamable HTTP with a handshake", "Streamable HTTP 2026-07-28"],
  "HTTP+SSE": ["HTTP+SSE"],
};

// One run for all tests: starting Python takes longer than all its requests.
let got;
let failure;
before(async () => {
  const [demo, failing] = [await serve(["--demo"]), await serve(refusing)];
  const { run } = await machine({ PYTHONPATH: join(repository, "target/tools/python") });
  const { status, stdout, stderr } = await run("python3", join(here, "python_sdk.py"), binary, demo.base, failing.base);
  got = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  failure = status === 0 ? "" : stderr;
  await demo.stop();
  await failing.stop();
});

/** A session's result of one kind; a session without such a result fails. */
function answer(session, kind) {
  const found = got.find(([name, what]) => name === session && what === kind);
  assert.ok(found, `${session} got no ${kind}: ${failure}`);
  return found[2];
}

for (const [transport, names] of Object.entries(sessions)) {
  const cellTest = (outcome, what, use) => {
    test(`the Python SDK, ${transport}: ${what}`, () => cell("Python SDK", transport, outcome, () => names.forEach(use)));
  };

  cellTest("connected", "the three tools are listed", (session) => assert.deepEqual(answer(session, "tools"), tools));

  cellTest("success", "contacts", (session) => assertContacts(answer(session, "contacts")));

  cellTest("failure", "a failure's complete advice", (session) => {
    const { text, ...structured } = answer(session, "advice");
    assertAdvice(structured);
    assertAdviceText(text);
  });

  cellTest("success", "a question to the user, where there is a session or a newer revision", (session) => {
    // Without either the server cannot ask the user.
    const status = session === "Streamable HTTP with a handshake" ? "several" : "one";
    assert.equal(answer(session, "recipient").status, status);
  });
}

test("the Python SDK: a prompt and a resource too, and nothing failed", () => assert.equal(failure, ""));
