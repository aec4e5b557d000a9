// The same tool on the TypeScript SDK, in the style of its examples: `node server.js stdio|http URL [PORT]`.
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod/v4";

const [way, url, port] = process.argv.slice(2);
const contact = z.object({ id: z.number(), email: z.string(), name: z.string() });

function server() {
  const server = new McpServer({ name: "typescript-sdk", version: "0.0.0" });
  server.registerTool(
    "list_mail_contacts",
    {
      description: "Finds contacts in the Bitrix24 mail address book.",
      inputSchema: { query: z.string().describe("Part of a name or address.") },
      outputSchema: { contacts: z.array(contact) },
    },
    async ({ query }) => {
      // Node's fetch keeps connections open by default.
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, pagination: { limit: 20, offset: 0 } }),
      });
      if (!response.ok) throw new Error(`the portal answered ${response.status}`);
      const { result } = await response.json();
      const structuredContent = { contacts: result.items };
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    },
  );
  return server;
}

if (way === "stdio") {
  await server().connect(new StdioServerTransport());
} else {
  // Without sessions the SDK needs a server and a transport for each request.
  const app = createMcpExpressApp();
  app.post("/mcp", async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    const one = server();
    response.on("close", () => {
      transport.close();
      one.close();
    });
    await one.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });
  app.listen(Number(port), "127.0.0.1");
}
