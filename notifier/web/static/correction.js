// Shows the letter in its frame at once, and again in another language. Without this file a button does.
const form = document.querySelector("[data-at-once]");
if (form) {
  form.addEventListener("change", () => form.requestSubmit());
  form.requestSubmit();
  form.querySelector("button").hidden = true;
}
