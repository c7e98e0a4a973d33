// rhea as a service: takes tokens on $cbs and answers READs on $management, so that the kept link
// can be held to an AMQP that is not ours. Says its port, then what it was asked.
import rhea from "rhea";

const { wrap_int, wrap_long, wrap_timestamp, wrap_uuid, wrap_array } = rhea.types;
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const container = rhea.create_container({ id: "rhea-service" });
container.sasl_server_mechanisms.enable_anonymous();
const responders = new Map(); // by connection and node

const hub = {
  type: "com.microsoft:eventhub",
  name: "hub",
  created_at: wrap_timestamp(1_700_000_000_000),
  partition_count: wrap_int(2),
  partition_ids: wrap_array(["0", "1"], 0xa1),
};
const partition = (id) => ({
  type: "com.microsoft:partition",
  name: "hub",
  partition: id,
  begin_sequence_number: wrap_long(3),
  last_enqueued_sequence_number: wrap_long(40 + Number(id)),
  last_enqueued_offset: "8192",
  last_enqueued_time_utc: wrap_timestamp(1_700_000_001_500),
  is_partition_empty: false,
});

container.on("sender_open", ({ sender, connection }) => {
  sender.set_source({ address: sender.source.address });
  sender.set_target({ address: sender.target.address });
  responders.set(`${connection.options.id} ${sender.source.address}`, sender);
});
container.on("receiver_open", ({ receiver }) => {
  receiver.set_source({ address: receiver.source.address });
  receiver.set_target({ address: receiver.target.address });
});
container.on("message", ({ message, receiver, connection }) => {
  const node = receiver.target.address;
  const asked = message.application_properties;
  say({ node, operation: asked.operation, type: asked.type });
  const id = message.message_id;
  const reply = { correlation_id: Buffer.isBuffer(id) ? wrap_uuid(id) : id };

  if (node === "$cbs") {
    reply.application_properties = { "status-code": wrap_int(202), "status-description": "Accepted" };
  } else {
    reply.application_properties = { "status-code": wrap_int(200), "status-description": "OK" };
    reply.body = asked.partition === undefined ? hub : partition(asked.partition);
  }

  responders.get(`${connection.options.id} ${node}`).send(reply);
});
container.on("connection_error", ({ connection }) => say({ error: String(connection.error) }));

const server = container.listen({ port: 0, host: "127.0.0.1" });
server.on("listening", () => say({ port: server.address().port }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
