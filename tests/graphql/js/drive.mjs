// The graphql-ws client as the dashboards of others use it: a query, then two messages of a feed, as JSON lines.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const client = createClient({
  url: process.env.GRAPHQL_URL,
  connectionParams: { authorization: `Bearer ${process.env.GRAPHQL_KEY}` },
  retryAttempts: 0,
  webSocketImpl: WebSocket,
});
const tell = (value) => console.log(JSON.stringify(value));

for await (const result of client.iterate({ query: "{ health { status } }" })) tell(result);
let count = 0;
const query = "subscription { requestFeed(intervalMs: 50) { snapshot requests { status model } } }";
for await (const result of client.iterate({ query })) {
  tell(result);
  count += 1;
  if (count === 2) break;
}
try {
  for await (const result of client.iterate({ query: "{ nothing }" })) tell(result);
} catch (errors) {
  tell({ refused: errors.map((one) => one.extensions.code) });
}
await client.dispose();
