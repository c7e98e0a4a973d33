// rhea as a plain AMQP client of Event Hubs: signs in with PLAIN, sends, reads with credit of its
// own, asks $management, and is refused where it should be.
import rhea from "rhea";

const { HOST, PORT, KEY_NAME, KEY, HUB } = process.env;
const partition = `${HUB}/ConsumerGroups/$Default/Partitions/0`;
const large = "x".repeat(200_000);
const container = rhea.create_container({ id: "rhea-interop" });
const connection = container.connect({
  host: HOST,
  port: Number(PORT),
  hostname: HOST,
  username: KEY_NAME,
  password: KEY,
  reconnect: false,
});
const once = (what, event) => new Promise((found) => what.once(event, found));
const failed = (event) => new Promise((_, no) => connection.once(event, (c) => no(c.connection.error)));

async function send(bodies) {
  const sender = connection.open_sender(`${HUB}/Partitions/0`);
  await once(sender, "sendable");
  const credit = sender.credit;

  for (const body of bodies) {
    const taken = once(sender, "accepted");
    sender.send({ body: rhea.message.data_section(Buffer.from(body)) });
    await taken;
  }

  sender.close();
  return credit;
}

async function read(selector, count) {
  const receiver = connection.open_receiver({
    source: { address: partition, filter: rhea.filter.selector(selector) },
    credit_window: 0,
    autoaccept: true,
  });
  const found = [];
  const whole = new Promise((done) => {
    receiver.on("message", ({ message }) => {
      found.push({
        size: message.body.content.length,
        sequence: message.message_annotations["x-opt-sequence-number"],
      });

      if (found.length === count) done();
      else receiver.add_credit(1);
    });
  });
  receiver.add_credit(1);
  await whole;
  receiver.close();
  return found;
}

async function ask(properties) {
  const receiver = connection.open_receiver({ source: "$management", target: "replies-here" });
  await once(receiver, "receiver_open");
  const sender = connection.open_sender("$management");
  await once(sender, "sendable");
  const reply = once(receiver, "message");
  sender.send({ message_id: 7, reply_to: "replies-here", application_properties: properties });
  const { message } = await reply;
  sender.close();
  receiver.close();
  return {
    id: message.correlation_id,
    status: message.application_properties["status-code"],
    body: message.body,
  };
}

async function refusal(address) {
  const receiver = connection.open_receiver(address);
  const { receiver: refused } = await once(receiver, "receiver_error");
  return refused.error.condition;
}

async function main() {
  await once(connection, "connection_open");
  const credit = await send(["one", "둘", large]);
  const events = await read("amqp.annotation.x-opt-offset > '-1'", 3);
  const last = await read("amqp.annotation.x-opt-sequence-number >= '2'", 1);
  const hub = await ask({ operation: "READ", name: HUB, type: "com.microsoft:eventhub" });
  const one = await ask({
    operation: "READ",
    name: HUB,
    type: "com.microsoft:partition",
    partition: "0",
  });
  const refused = await refusal(`${HUB}/ConsumerGroups/nobody/Partitions/0`);
  connection.close();
  await once(connection, "connection_close");
  return { credit, events, last, hub, one, refused };
}

const said = await Promise.race([main(), failed("connection_error"), failed("disconnected")]);
process.stdout.write(JSON.stringify(said) + "\n");
process.exit(0);
