// Sends what Python will read: to a partition, with a key, one by one and as a batch; then asks for
// properties.
import { EventHubProducerClient } from "@azure/event-hubs";

const client = new EventHubProducerClient(process.env.EVENTHUB);
const batch = await client.createBatch({ partitionId: "0" });
batch.tryAdd({ body: { text: "안녕 🚀" }, properties: { kind: "MINUTES_FINALIZED" } });
batch.tryAdd({ body: "two" });
await client.sendBatch(batch);
await client.sendBatch([{ body: "keyed" }], { partitionKey: "7" });
const hub = await client.getEventHubProperties();
const partition = await client.getPartitionProperties("0");
await client.close();
process.stdout.write(JSON.stringify({ hub, partition }) + "\n");
