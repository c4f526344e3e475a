// An OPC UA server that is not of our library, for the tests: variables of every type, one alarm with its methods.
//
//   node server.mjs FOLDER PORT
//
// FOLDER keeps the server's own certificate and what it trusts. One line of JSON tells when it listens; after that each
// line on standard input is one order, answered by one line. It ends when its standard input ends.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

// The packages lie in a folder of their own, named by NODE_PACKAGES; imports of a module do not look there.
const require = createRequire(join(process.env.NODE_PACKAGES ?? import.meta.dirname, "here.js"));
const {
  DataType, DataValue, LocalizedText, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy,
  StatusCodes, Variant, VariantArrayType,
} = require("node-opcua");

const NAMESPACE = "urn:example:foreign:plant";
const [folder, wanted] = process.argv.slice(2);
const user = process.env.FOREIGN_USER;
const password = process.env.FOREIGN_PASSWORD;

// name: [type, first value]; the node id is the name, the browse path /Plant/name.
const VARIABLES = {
  Flag: ["Boolean", false], Small: ["SByte", -5], Byte: ["Byte", 2], Short: ["Int16", -300], Word: ["UInt16", 65535],
  Int: ["Int32", -70000], Count: ["UInt32", 4000000000], Long: ["Int64", -5000000000], Huge: ["UInt64", 9007199254740993n],
  Level: ["Float", 0.5], Temperature: ["Double", 21.5], Name: ["String", "Chợ Thái"], Label: ["LocalizedText", "cửa"],
  Time: ["DateTime", new Date("2026-01-02T03:04:05.678Z")], Bytes: ["ByteString", Buffer.from([1, 2, 255])],
  Guid: ["Guid", "72962B91-FA75-4AE6-8D28-B404DC7DAF63"], Setpoint: ["Double", 40], PresentValue: ["Byte", 0],
};

function variant(type, value) {
  if (type === "LocalizedText") value = new LocalizedText({ text: value });
  if (type === "Int64" || type === "UInt64") value = BigInt.asUintN(64, BigInt(value));
  if (type === "Int64" || type === "UInt64") value = [Number(value >> 32n), Number(value & 0xffffffffn)];
  if (type === "DateTime") value = new Date(value);
  return new Variant({ dataType: DataType[type], arrayType: VariantArrayType.Scalar, value });
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function populate(server) {
  const space = server.engine.addressSpace;
  space.installAlarmsAndConditionsService();
  const ours = space.registerNamespace(NAMESPACE);
  const id = (name) => `ns=${ours.index};s=${name}`;
  const plant = ours.addObject({
    organizedBy: space.rootFolder.objects, browseName: "Plant", nodeId: id("Plant"), eventSourceOf: space.rootFolder.objects.server,
  });
  const variables = {};
  for (const [name, [type, first]] of Object.entries(VARIABLES)) {
    variables[name] = ours.addVariable({
      componentOf: plant, browseName: name, nodeId: id(name), dataType: type, minimumSamplingInterval: 20,
      accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite", value: variant(type, first),
    });
  }
  variables.Numbers = ours.addVariable({
    componentOf: plant, browseName: "Numbers", nodeId: id("Numbers"), dataType: "Double", valueRank: 1,
    value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1.5, 2.5, 3.5] }),
  });
  variables.Secret = ours.addVariable({
    componentOf: plant, browseName: "Secret", nodeId: id("Secret"), dataType: "Double", accessLevel: 0, userAccessLevel: 0,
    value: variant("Double", 1),
  });
  variables.Pressure = ours.addAnalogDataItem({
    componentOf: plant, browseName: "Pressure", nodeId: id("Pressure"), dataType: "Double", engineeringUnitsRange: { low: 0, high: 10 },
    minimumSamplingInterval: 20, value: variant("Double", 5),
  });
  const called = [];
  ours.addMethod(plant, {
    browseName: "Reset", nodeId: id("Reset"),
    inputArguments: [{ name: "zone", dataType: DataType.UInt32 }], outputArguments: [{ name: "done", dataType: DataType.Boolean }],
  }).bindMethod((inputs, _context, answer) => {
    called.push(inputs[0].value);
    answer(null, { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.Boolean, value: true }] });
  });
  return { ours, id, plant, variables, called };
}

function addAlarm({ ours, id, plant, variables }) {
  const alarm = ours.instantiateAlarmCondition("OffNormalAlarmType", {
    browseName: "Zone1Alarm", nodeId: id("Zone1Alarm"), componentOf: plant, conditionSource: plant, conditionName: "Zone 1",
    inputNode: variables.PresentValue, optionals: [],
  });
  const acknowledged = [];
  alarm.currentBranch().setAckedState(true);
  alarm.on("acknowledged", (_eventId, comment, branch) => {
    acknowledged.push(comment.text);
    // The library lets go of what is acknowledged; a panel keeps it until it is quiet as well.
    if (branch.getActiveState()) {
      branch.setRetain(true);
      alarm.raiseNewBranchState(branch);
    }
  });
  return { alarm, acknowledged };
}

function raise(alarm, { active, severity = 900, message = "" }) {
  const branch = alarm.currentBranch();
  if (active) branch.setAckedState(false);
  branch.setActiveState(active);
  alarm.raiseNewCondition({ severity, message: message || (active ? "Fire" : "Quiet"), retain: active || !branch.getAckedState() });
}

function branchOff(alarm, { severity = 900, message = "Earlier fire" }) {
  const branch = alarm.createBranch();
  branch.setActiveState(false);
  branch.setAckedState(false);
  branch.setSeverity(severity);
  branch.setMessage(message);
  branch.setRetain(true);
  alarm.raiseNewBranchState(branch);
  return branch.getBranchId().toString();
}

function orders(server, place, { alarm, acknowledged }) {
  return {
    set(values) {
      for (const [name, value] of Object.entries(values)) place.variables[name].setValueFromSource(variant(VARIABLES[name]?.[0] ?? "Double", value));
    },
    status(codes) {
      for (const [name, code] of Object.entries(codes)) {
        const was = place.variables[name].readValue().value;
        place.variables[name].setValueFromSource(was, StatusCodes[code]);
      }
    },
    times(times) {
      for (const [name, time] of Object.entries(times)) place.variables[name].setValueFromSource(place.variables[name].readValue().value, StatusCodes.Good, new Date(time));
    },
    numbers(count) {
      const value = new Float64Array(count);
      place.variables.Numbers.setValueFromSource(new DataValue({ value: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value } }).value);
    },
    get: (name) => place.variables[name].readValue().value.value,
    alarm: (how) => raise(alarm, how),
    branch: (how) => branchOff(alarm, how),
    state: () => ({
      active: alarm.activeState.getValue(), acked: alarm.ackedState.getValue(), retain: alarm.currentBranch().getRetain(),
      branches: alarm.getBranchCount(), comments: acknowledged,
    }),
    called: () => place.called,
    sessions: () => server.engine.currentSessionCount,
    drop() {
      for (const endpoint of server.endpoints) endpoint.abruptlyInterruptChannels();
    },
  };
}

function manager(name) {
  const rootFolder = join(folder, name);
  mkdirSync(rootFolder, { recursive: true });
  return new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: process.env.FOREIGN_STRICT !== "1", disableFileWatchers: true });
}

const port = Number(wanted) || (await freePort());
const trust = manager("server");
const server = new OPCUAServer({
  port, host: "127.0.0.1", hostname: "127.0.0.1", resourcePath: "/foreign",
  serverInfo: { applicationUri: "urn:example:foreign:server", applicationName: { text: "Foreign" } },
  serverCertificateManager: trust, userCertificateManager: manager("users"),
  allowAnonymous: !user, userManager: { isValidUser: (name, word) => !!user && name === user && word === password },
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss],
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
});
await server.initialize();
const place = populate(server);
const known = orders(server, place, addAlarm(place));
await server.start();

const say = (answer) => process.stdout.write(JSON.stringify(answer, (_key, value) => (typeof value === "bigint" ? String(value) : value)) + "\n");
const certificate = server.certificateFile;
say({ ready: true, port, url: `opc.tcp://127.0.0.1:${port}/foreign`, namespace: NAMESPACE, certificate: existsSync(certificate) ? certificate : null });

createInterface({ input: process.stdin })
  .on("line", (line) => {
    try {
      const [[order, given]] = Object.entries(JSON.parse(line));
      say({ ok: known[order](given) ?? null });
    } catch (problem) {
      say({ error: String(problem.message ?? problem) });
    }
  })
  .on("close", () => server.shutdown(0).finally(() => process.exit(0)));
