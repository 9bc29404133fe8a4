// Passkeys. <form data-passkey="address of the question" data-passkey-failed="words"> asks the server,
// then the browser, and sends the answer in its field `answer`; the page itself does all else.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const words = (buffer) => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

function made({ id, rawId, type, response, authenticatorAttachment }) {
  return JSON.stringify({
    id, type, authenticatorAttachment, rawId: words(rawId), clientExtensionResults: {},
    response: {
      clientDataJSON: words(response.clientDataJSON),
      attestationObject: words(response.attestationObject) || undefined,
      authenticatorData: response.signature && words(response.authenticatorData),
      signature: words(response.signature) || undefined,
      userHandle: words(response.userHandle) || undefined,
      transports: response.getTransports?.(),
    },
  });
}
async function asked(form) {
  const answer = await fetch(form.dataset.passkey, { method: "POST", redirect: "manual", headers: { "X-CSRFToken": form.elements.csrf_token.value } });
  if (!answer.ok) { form.elements.answer.value = ""; form.submit(); return null; } // the page says what is missing
  const question = await answer.json();
  question.challenge = bytes(question.challenge);
  if (!question.user) return navigator.credentials.get({ publicKey: { ...question, allowCredentials: known(question.allowCredentials) } });
  const publicKey = { ...question, user: { ...question.user, id: bytes(question.user.id) }, excludeCredentials: known(question.excludeCredentials) };
  return navigator.credentials.create({ publicKey });
}
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) { form.remove(); continue; }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[data-passkey-said]");
    said.textContent = "";
    try {
      const answer = await asked(form);
      if (answer) { form.elements.answer.value = made(answer); form.submit(); }
    } catch { said.textContent = form.dataset.passkeyFailed; }
  });
}
