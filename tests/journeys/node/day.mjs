// A clinician's day through fhir-kit-client: `node day.mjs BASE TOKEN PATIENT`.
// The patient is on the clinician's ward already. Ends with an error where something is not so.

import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const [baseUrl, bearerToken, patient] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const glucose = (value, day) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "2339-0" }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: `2026-11-0${day}T08:00:00+09:00`,
  valueQuantity: { value, unit: "mmol/L" },
});
const status = (call) => call.then(() => 200, (error) => error.response.status);

assert.equal((await client.capabilityStatement()).fhirVersion, "4.0.1");
const made = [];
for (const day of [1, 2, 3, 4, 5]) {
  made.push(await client.create({ resourceType: "Observation", body: glucose(day, day) }));
}

const searchParams = { patient, code: "http://loinc.org|2339-0", _sort: "-date", _count: 2 };
let page = await client.search({ resourceType: "Observation", searchParams });
const values = [];
while (page) {
  assert.equal(page.total, 5);
  values.push(...page.entry.map((each) => each.resource.valueQuantity.value));
  page = await client.nextPage({ bundle: page });
}
assert.deepEqual(values, [5, 4, 3, 2, 1]);

const { id } = made[0];
const one = { resourceType: "Observation", id };
assert.deepEqual(await client.read(one), made[0]);
const body = { ...made[0], status: "amended" };
const options = { headers: { "If-Match": 'W/"1"' } };
assert.equal((await client.update({ ...one, body, options })).meta.versionId, "2");
assert.equal(await status(client.update({ ...one, body, options })), 412);
const jsonPatch = [{ op: "replace", path: "/status", value: "corrected" }];
assert.equal((await client.patch({ ...one, jsonPatch })).status, "corrected");
assert.equal((await client.vread({ ...one, version: "1" })).status, "final");
assert.equal((await client.history(one)).total, 3);
await client.delete(one);
assert.equal(await status(client.read(one)), 410);

const entry = [
  { request: { method: "GET", url: `Observation?patient=${patient}` } },
  { request: { method: "POST", url: "Observation" }, resource: glucose(9, 9) },
];
const batch = await client.batch({ body: { resourceType: "Bundle", type: "batch", entry } });
assert.deepEqual(batch.entry.map((each) => each.response.status.slice(0, 3)), ["200", "201"]);
const transaction = { resourceType: "Bundle", type: "transaction", entry: [entry[1]] };
assert.equal((await client.transaction({ body: transaction })).entry.length, 1);

const whole = { resourceType: "Patient", id: patient, method: "GET" };
assert.equal((await client.operation({ ...whole, name: "$everything" })).total, 7);
assert.equal((await client.operation({ ...whole, name: "$summary" })).type, "document");
const checked = await client.operation({
  resourceType: "Observation", name: "$validate", input: { ...glucose(1, 1), status: "odd" },
});
assert.equal(checked.issue[0].severity, "error");
assert.equal(await status(client.read({ ...one, id: "nobodys" })), 403);
