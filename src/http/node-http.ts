/**
 * Node's HTTP without what its import brings: an import makes every export of a module, `WebSocket` among them, and for
 * that one Node loads an HTTP client, 17 MB of it. Types may be imported.
 */
export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http')
