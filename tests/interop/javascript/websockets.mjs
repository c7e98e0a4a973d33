// Sends an event and reads it back, all of it over WebSockets.
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from "@azure/event-hubs";
import WebSocket from "ws";

const options = { webSocketOptions: { webSocket: WebSocket } };
const producer = new EventHubProducerClient(process.env.EVENTHUB, options);
await producer.sendBatch([{ body: "over WebSockets" }], { partitionId: "1" });
const { lastEnqueuedSequenceNumber } = await producer.getPartitionProperties("1");
await producer.close();
const consumer = new EventHubConsumerClient("$Default", process.env.EVENTHUB, options);
const body = await new Promise((found, failed) => {
  consumer.subscribe(
    "1",
    {
      processEvents: async (events) => events.length && found(events[0].body),
      processError: async (error) => failed(error),
    },
    { startPosition: earliestEventPosition },
  );
});
process.stdout.write(JSON.stringify({ body, lastEnqueuedSequenceNumber }) + "\n");
process.exit(0);
