// A team's server and its sign-in, by the clients themselves: each employee of the demo portal sees their own contacts.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { call, structuredOfCodex } from "./answers.js";
import { Browser, signInByChromium } from "./browser.js";
import { configureCodexModel } from "./configuration.js";
import { installed, listen, machine, newEnoughNode } from "./machine.js";
import { cell } from "./matrix.js";
import { model } from "./model.js";
import { quiet } from "./places.js";
import { here, serveTeam } from "./program.js";

/** The employees of the demo portal, and a contact that only each has. */
const people = {
  anna: { id: "1", contact: "client@example.com" },
  boris: { id: "7", contact: "" },
  carla: { id: "12", contact: "" },
};

/** A machine whose browser is a script that writes the address down; `opened` waits for the address. */
async function machineWithBrowser(more = {}) {
  const host = await machine({ ...quiet, ...more });
  const [script, note] = ["xdg-open", "opened"].map((name) => join(host.home, name));
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$1" > ${note}.part && mv ${note}.part ${note}\n`);
  chmodSync(script, 0o755);
  const opened = async () => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (existsSync(note)) return readFileSync(note, "utf8").trim();
      await sleep(50);
    }
    throw new Error("the client opened no browser");
  };
  host.env.BROWSER = script;
  host.env.PATH = `${host.home}:${host.env.PATH}`;
  host.env.DISPLAY = ":0";
  return { ...host, opened };
}
