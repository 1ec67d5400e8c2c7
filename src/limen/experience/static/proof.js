// A proof of work: a worker looks for the number while somebody types. A form that is sent before it is found waits,
// but where a vendor's widget has an answer: the proof is for who cannot give one.

function wakeProof(place) {
  const field = place.querySelector("[name=proof]");
  const words = place.querySelector("[data-proof-working]");
  const form = field.form;
  const challenge = JSON.parse(place.dataset.proof);
  let submitter = null;
  let isDone = false;
  words.textContent = words.dataset.proofWorking;
  const worker = new Worker(place.dataset.proofWorker);
  worker.addEventListener("message", ({ data: number }) => {
    const { algorithm, challenge: digest, salt, signature } = challenge;
    field.value = btoa(JSON.stringify({ algorithm, challenge: digest, salt, signature, number }));
    isDone = true;
    words.textContent = words.dataset.proofDone;
    worker.terminate();
    if (submitter) form.requestSubmit(submitter);
  });
  worker.postMessage(challenge);
  // Before the handler that lets a form be sent only once.
  form.addEventListener(
    "submit",
    (event) => {
      const needs = !event.submitter?.value.startsWith("use:") && !event.submitter?.formNoValidate;
      const isAnswered = Boolean(place.dataset.proofOr && new FormData(form).get(place.dataset.proofOr));
      if (isDone || isAnswered || !needs) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      submitter = event.submitter;
    },
    { capture: true },
  );
}

for (const place of document.querySelectorAll("[data-proof]")) wakeProof(place);
