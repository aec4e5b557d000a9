// The matrix of clients, transports and outcomes: the cells that must be filled, and how a test fills one.
//
// An empty cell fails the run, so a test that is skipped, renamed or lost is noticed.
import { appendFileSync, readFileSync } from "node:fs";

const [stdio, http, sse] = ["stdio", "Streamable HTTP", "HTTP+SSE"];
const transports = [stdio, http, sse];

/** The client connected and listed the tools; got contacts; got a failure's complete advice. */
const outcomes = ["connected", "success", "failure"];

/** The cells that each client must fill. The matrix shows "-" for a transport that a client lacks. */
const expected = {
  "Claude Code": [[stdio, outcomes], [http, outcomes], [sse, outcomes]],
  Codex: [[stdio, outcomes], [http, outcomes]],
  "MCP Inspector": [[stdio, outcomes], [http, outcomes], [sse, outcomes]],
  "TypeScript SDK": [[stdio, outcomes], [http, outcomes], [sse, outcomes]],
  "Python SDK": [[stdio, outcomes], [http, outcomes], [sse, outcomes]],
  "conformance 2025-11-25": [[http, ["connected", "success"]]],
  "conformance 2026-07-28": [[http, ["connected", "success"]]],
};

const key = (...names) => names.join(" | ");

const expectedCells = new Set(
  Object.entries(expected).flatMap(([client, columns]) =>
    columns.flatMap(([transport, outcomes]) => outcomes.map((outcome) => key(client, transport, outcome))),
  ),
);

/** The variable with the file that collects the cells of one run; set by check.js. */
export const variable = "CLIENT_MATRIX";

/** Fills a cell: `pass` if `use` ends well, else `FAIL`. A cell may be filled several times; one FAIL is enough. */
export async function cell(client, transport, outcome, use) {
  const name = key(client, transport, outcome);
  if (!expectedCells.has(name)) throw new Error(`matrix.js does not expect ${name}`);
  let value = "FAIL";
  try {
    const result = await use();
    value = "pass";
    return result;
  } finally {
    const file = process.env[variable];
    if (file) appendFileSync(file, `${JSON.stringify([name, value])}\n`);
  }
}

/** Reads the cells of a run; returns the matrix as text, and the cells that did not pass. */
export function matrix(file) {
  const values = new Map();
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const [name, value] = JSON.parse(line);
    if (values.get(name) !== "FAIL") values.set(name, value);
  }
  const valueOf = (name) => (expectedCells.has(name) ? (values.get(name) ?? "MISSING") : "-");
  const columns = transports.flatMap((transport) => outcomes.map((outcome) => [transport, outcome]));
  const rows = [
    ["", ...columns.map(([transport, outcome]) => (outcome === outcomes[0] ? transport : ""))],
    ["client", ...columns.map(([, outcome]) => outcome)],
    ...Object.keys(expected).map((client) => [client, ...columns.map((column) => valueOf(key(client, ...column)))]),
  ];
  const width = Math.max(...rows.map(([client]) => client.length));
  const text = rows.map(([client, ...cells]) => [client.padEnd(width), groups(cells)].join(" | ").trimEnd()).join("\n");
  const failing = [...expectedCells].filter((name) => valueOf(name) !== "pass");
  const notPassed = failing.map((name) => `${name}: ${valueOf(name)}`);
  return { text, notPassed };
}

/** The cells of one row: three for each transport, or the transport's name over all three. */
function groups(cells) {
  const room = 10;
  const group = (index) => cells.slice(index * outcomes.length, (index + 1) * outcomes.length);
  const isName = ([, ...others]) => others.every((cell) => cell === "");
  const line = (cells) =>
    isName(cells) ? cells[0].padEnd(room * outcomes.length) : cells.map((cell) => cell.padEnd(room)).join("");
  return transports.map((_, index) => line(group(index))).join("| ");
}
