// A modality and a station through dcmjs-dimse: `node radiology.mjs STORES ANSWERS BACK FILE`.
// FILE is of patient 4711, whom the house knows. Ends with an error where something is not so.

import assert from "node:assert/strict";
import dcmjsDimse from "dcmjs-dimse";

const { Client, Dataset, Scp, Server } = dcmjsDimse;
const { CEchoRequest, CFindRequest, CMoveRequest, CStoreRequest } = dcmjsDimse.requests;
const { CStoreResponse } = dcmjsDimse.responses;
const { PresentationContextResult, Status } = dcmjsDimse.constants;

const [stores, answers, back, file] = process.argv.slice(2);
dcmjsDimse.log.level = "error";

// Sends requests on one association; gives the answers to each.
const send = (port, title, ...requests) =>
  new Promise((resolve, reject) => {
    const client = new Client();
    const heard = requests.map(() => []);
    requests.forEach((request, at) => {
      request.on("response", (answer) => heard[at].push(answer));
      client.addRequest(request);
    });
    client.on("associationRejected", () => reject(new Error("rejected")));
    client.on("networkError", reject);
    client.on("closed", () => resolve(heard));
    client.send("127.0.0.1", Number(port), title, "CHARTKEEP");
  });

const [[echoed], [stored]] = await send(
  stores, "CT1", new CEchoRequest(), new CStoreRequest(file),
);
assert.equal(echoed.getStatus(), Status.Success);
assert.equal(stored.getStatus(), Status.Success);

const studies = CFindRequest.createStudyFindRequest({ PatientID: "4711", PatientName: "" });
const [found] = await send(answers, "RAD1", studies);
const rows = found.filter((each) => each.getStatus() === Status.Pending);
assert.ok(rows.length > 0);
const study = rows[0].getDataset().getElement("StudyInstanceUID");
assert.equal(rows[0].getDataset().getElement("PatientID"), "4711");

const came = [];
class Station extends Scp {
  associationRequested(association) {
    for (const each of association.getPresentationContexts()) {
      const context = association.getPresentationContext(each.id);
      const [first] = context.getTransferSyntaxUids();
      context.setResult(PresentationContextResult.Accept, first);
    }
    this.sendAssociationAccept();
  }
  cStoreRequest(request, callback) {
    came.push(request.getDataset());
    const answer = CStoreResponse.fromRequest(request);
    answer.setStatus(Status.Success);
    callback(answer);
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}
const station = new Server(Station);
station.listen(Number(back));
const [moved] = await send(answers, "RAD1", CMoveRequest.createStudyMoveRequest("RAD1", study));
assert.equal(moved.at(-1).getStatus(), Status.Success);
assert.equal(moved.at(-1).getCompleted(), came.length);
assert.ok(came.every((each) => each.getElement("StudyInstanceUID") === study));
assert.ok(came[0] instanceof Dataset);
station.close();

await assert.rejects(send(answers, "NOBODY", new CEchoRequest()), /rejected/);
