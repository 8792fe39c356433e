// The preview beside the form follows what is typed; without this, its button does.
const form = document.querySelector("form[data-preview]");
const frame = document.querySelector("iframe[data-preview]");
if (form && frame) {
  const names = frame.dataset.preview.split(" ");
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const typed = new FormData(form);
      const query = new URLSearchParams(names.map((name) => [name, typed.get(name) ?? ""]));
      frame.contentWindow.location.replace(`${form.dataset.preview}?${query}`);
    }, 400);
  });
}
