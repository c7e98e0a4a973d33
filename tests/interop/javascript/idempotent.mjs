// Publishes with idempotent retries: the service numbers the producer, and events come once.
import { EventHubBufferedProducerClient } from "@azure/event-hubs";

const failed = [];
const client = new EventHubBufferedProducerClient(process.env.EVENTHUB, {
  enableIdempotentRetries: true,
  maxWaitTimeInMs: 50,
  onSendEventsErrorHandler: ({ error }) => failed.push(`${error.name}: ${error.message}`),
});

for (let round = 0; round < 3; round += 1) {
  await client.enqueueEvents(
    [{ body: `${round}a` }, { body: `${round}b` }],
    { partitionId: "0" },
  );
  await client.flush();
}

await client.close();
process.stdout.write(JSON.stringify({ failed }) + "\n");
