/* Compares a PDF with the digest of the issued one, here in the browser: the file goes nowhere. */

const box = document.querySelector("[data-compare]");
const result = box.querySelector(".jb-compare-result");

box.querySelector("input").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  result.className = "jb-compare-result";
  result.textContent = "";
  if (!file) return;
  if (!window.crypto || !window.crypto.subtle) {
    show("insecure", "bad");
    return;
  }
  const hash = await window.crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const digest = [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (digest !== box.dataset.compare) show("different", "bad");
  else if (result.dataset.valid === "yes") show("same", "good");
  else show("sameRevoked", "bad");
});

function show(sentence, look) {
  result.classList.add(look);
  result.textContent = result.dataset[sentence];
}
