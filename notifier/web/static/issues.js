// The page that composes an issue: items are dragged, the intro is read and the audience counted while one types.
// Without this file the same is done by buttons.
const form = document.querySelector("[data-compose]");

function later(wait, work) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}

function sortable(list) {
  let held = null;
  for (const row of list.querySelectorAll("[data-item]")) {
    const grip = row.querySelector(".grip");
    grip.hidden = false;
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      held = row;
      grip.setPointerCapture(event.pointerId);
      row.classList.add("held");
    });
    grip.addEventListener("pointermove", (event) => {
      if (held !== row) return;
      const others = [...list.querySelectorAll("[data-item]")].filter((one) => one !== row);
      const next = others.find((one) => {
        const box = one.getBoundingClientRect();
        return event.clientY < box.top + box.height / 2;
      });
      if (row.nextElementSibling === (next ?? null)) return;
      list.insertBefore(row, next ?? null);
      // A row that is taken out and put in again has lost the pointer.
      grip.setPointerCapture(event.pointerId);
    });
    const drop = () => {
      held = null;
      row.classList.remove("held");
    };
    grip.addEventListener("pointerup", drop);
    grip.addEventListener("pointercancel", drop);
  }
}

function count(section, shown) {
  const fields = ["topic", "tag", "reads", "source", "joined_days", "alive_days"];
  return later(300, async () => {
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (fields.includes(name) && value) asked.append(name, value);
    const answer = await fetch(`${form.dataset.compose}/count?${asked}`).catch(() => null);
    if (answer && (answer.ok || answer.status === 422)) shown.innerHTML = await answer.text();
  });
}

function read(intro, shown) {
  return later(400, async () => {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, intro: intro.value });
    const answer = await fetch(`${form.dataset.compose}/intro`, { method: "POST", body }).catch(() => null);
    // What comes back was sanitised as it will be for the letter.
    if (answer?.ok) shown.innerHTML = await answer.text();
  });
}

if (form) {
  sortable(form.querySelector("[data-sortable]"));
  const audience = form.querySelector("[data-audience]");
  audience.addEventListener("input", count(audience, document.getElementById("reach")));
  const intro = form.elements.intro;
  intro.addEventListener("input", read(intro, document.getElementById("intro-shown")));
}
