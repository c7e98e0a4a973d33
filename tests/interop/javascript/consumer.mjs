// A processor as users write it. One JSON line on stdout for each thing that happens; closing its
// stdin stops it cleanly.
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import { ContainerClient } from "@azure/storage-blob";

const { EVENTHUB, STORAGE, CONTAINER, IDENTIFIER } = process.env;
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const store = new BlobCheckpointStore(new ContainerClient(STORAGE, CONTAINER));
const client = new EventHubConsumerClient("$Default", EVENTHUB, store, {
  identifier: IDENTIFIER,
  loadBalancingOptions: {
    strategy: "greedy",
    updateIntervalInMs: 500,
    partitionOwnershipExpirationIntervalInMs: 5000,
  },
});

const subscription = client.subscribe(
  {
    processInitialize: async (context) => say({ opened: context.partitionId }),
    processClose: async (reason, context) => say({ closed: context.partitionId, reason }),
    processError: async (error, context) =>
      say({ error: `${error.code}: ${error.message}`, partition: context.partitionId }),
    processEvents: async (events, context) => {
      for (const event of events) {
        say({
          received: event.body,
          partition: context.partitionId,
          sequence: event.sequenceNumber,
          offset: event.offset,
          key: event.partitionKey ?? null,
          properties: event.properties ?? {},
          last: context.lastEnqueuedEventProperties?.sequenceNumber ?? null,
        });
      }

      if (events.length) {
        await context.updateCheckpoint(events[events.length - 1]);
      }
    },
  },
  {
    startPosition: earliestEventPosition,
    trackLastEnqueuedEventProperties: true,
    maxWaitTimeInSeconds: 1,
  },
);

process.stdin.resume();
process.stdin.on("end", async () => {
  await subscription.close();
  await client.close();
  say({ stopped: true });
  process.exit(0);
});
