// Moves a send's progress bar while its letters leave. Without this file the page shows numbers and a link that reloads.
const box = document.querySelector("[data-live]");
if (box && "EventSource" in window) {
  const bar = box.querySelector("progress");
  const source = new EventSource(box.dataset.live);
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    bar.max = Math.max(now.planned, 1);
    bar.value = now.done;
    for (const place of box.querySelectorAll("[data-word]")) {
      place.textContent = now.words[place.dataset.word] ?? "";
    }
    if (now.is_over) {
      source.close();
      box.classList.add("over");
    }
  };
  box.querySelector(".reload").hidden = true;
}
