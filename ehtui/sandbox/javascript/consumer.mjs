// A consumer as people write them: the real SDK processor with the real checkpoint store. It takes
// its connection from the environment, as ehtui/sandbox/consumer.py does, and ends with its sandbox.
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { parseArgs } from "node:util";
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import { ContainerClient } from "@azure/storage-blob";

const { values: options } = parseArgs({
  options: {
    name: { type: "string" },
    interval: { type: "string", default: "10" },
    expiry: { type: "string", default: "60" },
    strategy: { type: "string", default: "balanced" }, // or greedy
    work: { type: "string", default: "0" },
    checkpoint: { type: "string", default: "1" },
    log: { type: "string" }, // standard output goes there; named so that ehtui finds it
  },
});
const { env } = process;
const seconds = (text) => Number(text) * 1000;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const checkpointedAt = {};

const store = new BlobCheckpointStore(
  new ContainerClient(env.AZURE_STORAGE_CONNECTION_STRING, env.CHECKPOINT_CONTAINER),
);
const client = new EventHubConsumerClient(
  env.EVENTHUB_CONSUMER_GROUP,
  env.EVENTHUB_CONNECTION_STRING,
  env.EVENTHUB_NAME,
  store,
  {
    identifier: options.name,
    userAgent: `${options.name}/${process.pid}`, // the sandbox's log of deliveries names it
    loadBalancingOptions: {
      strategy: options.strategy,
      updateIntervalInMs: seconds(options.interval),
      partitionOwnershipExpirationIntervalInMs: seconds(options.expiry),
    },
  },
);

async function work(events, context) {
  const { partitionId } = context;
  await pause(seconds(options.work) * events.length);
  const isDue = Date.now() - (checkpointedAt[partitionId] ?? 0) >= seconds(options.checkpoint);

  if (events.length && isDue) {
    checkpointedAt[partitionId] = Date.now();
    await context.updateCheckpoint(events[events.length - 1]);
  }
}

const subscription = client.subscribe(
  {
    processEvents: work,
    processError: async (error, context) => {
      console.warn(`partition ${context.partitionId}: ${error.code}: ${error.message}`);
    },
  },
  { startPosition: earliestEventPosition, maxBatchSize: 20, maxWaitTimeInSeconds: 0.5 },
);

async function end() {
  await subscription.close();
  await client.close();
  process.exit(0);
}

process.on("SIGTERM", end);
process.on("SIGINT", end);

if (env.EHTUI_SANDBOX_LIFELINE) {
  try {
    // A socket: the exit of the process would wait for a thread in which a file stream reads.
    const fd = openSync(env.EHTUI_SANDBOX_LIFELINE, constants.O_RDONLY | constants.O_NONBLOCK);
    const lifeline = new Socket({ fd, readable: true, writable: false });
    lifeline.on("error", () => process.exit(0)).on("close", () => process.exit(0)).resume();
  } catch {
    process.exit(0); // the sandbox is gone
  }
}
