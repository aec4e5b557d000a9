//! The MCP clients that may ask for a sign-in: registered ones, and those with a metadata document.
