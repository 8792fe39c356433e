// The subscribe box under an article: <script async src="…/widget.js" data-article="…" data-categories="…"></script>
// CONFIG is filled in by the server; lines that begin with // are left out on the way.
(() => {
'use strict';
const script = document.currentScript;
const config = CONFIG;
const base = script.src.replace(/\/[^/]*\/widget\.js.*$/, '');
const api = `${base}/api/v1/sites/${config.site}`;
const FILL_MS = 12;

// Elements are built, never written as HTML: no text of anybody's can become markup.
const h = (tag, given = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in made && typeof value !== 'string') made[name] = value;
    else if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside.filter(one => one));
  return made;
};

// SHA-256 of one block (FIPS 180-4): a salt of 24 characters, and up to nine digits.
const K = [], START = [];
const part = x => ((x - Math.floor(x)) * 2 ** 32) | 0;
for (let n = 2; K.length < 64; n++) {
  let isPrime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false;
  if (!isPrime) continue;
  if (START.length < 8) START.push(part(n ** (1 / 2)));
  K.push(part(n ** (1 / 3)));
}
const W = new Int32Array(64), KEYS = Int32Array.from(K);
const rot = (x, n) => (x >>> n) | (x << (32 - n));
const hash = text => {
  W.fill(0, 0, 16);
  for (let i = 0; i < text.length; i++) W[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  W[text.length >> 2] |= 128 << (24 - 8 * (text.length & 3));
  W[15] = text.length * 8;
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = W[i - 16] + (rot(x, 7) ^ rot(x, 18) ^ (x >>> 3)) + W[i - 7] + (rot(y, 17) ^ rot(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, k] = START;
  for (let i = 0; i < 64; i++) {
    const one = (k + (rot(e, 6) ^ rot(e, 11) ^ rot(e, 25)) + ((e & f) ^ (~e & g)) + KEYS[i] + W[i]) | 0;
    const two = ((rot(a, 2) ^ rot(a, 13) ^ rot(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    k = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return [a, b, c, d, e, f, g, k].map((x, i) => (x + START[i]) | 0);
};
// In short turns, so that the page stays awake.
const solve = async puzzle => {
  const target = START.map((_, i) => parseInt(puzzle.target.slice(8 * i, 8 * i + 8), 16) | 0);
  let n = 0;
  for (;;) {
    for (const end = performance.now() + FILL_MS; performance.now() < end;) {
      for (const stop = n + 200; n < stop; n++) {
        if (n > puzzle.most) throw new Error('no number fits');
        const found = hash(puzzle.salt + n);
        if (found[0] === target[0] && found.every((x, i) => x === target[i])) return n;
      }
    }
    await new Promise(go => setTimeout(go));
  }
};

const sheet = `
:host { display: block; margin-block: 1.5rem; min-block-size: var(--notifier-height, 22rem);
  --accent: var(--notifier-accent, light-dark(${config.accent}, ${config.dark}));
  --on-accent: var(--notifier-on-accent, light-dark(#fff, #1b1e21)); --paper: var(--notifier-paper, light-dark(#fff, #1b1e21));
  --ink: var(--notifier-ink, light-dark(#1d1b18, #ece8e0)); --soft: var(--notifier-ink-soft, light-dark(#5c574e, #b0aa9f));
  --line: var(--notifier-line, light-dark(#8a8578, #7d838a)); --fault: var(--notifier-fault, light-dark(#a31621, #ff9d96));
  --round: var(--notifier-radius, .5rem); }
:host([hidden]) { display: none; }
*, *::before { box-sizing: border-box; }
section { padding: 1.25rem; background: var(--paper); color: var(--ink); border: 1px solid var(--line);
  border-block-start: 4px solid var(--accent); border-radius: var(--round); font-family: var(--notifier-font, inherit);
  font-size: var(--notifier-size, 1rem); line-height: 1.6; text-align: start; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.25em; line-height: 1.4; }
p { margin: 0 0 .75rem; } #consent { margin-block-start: .75rem; } small { color: var(--soft); font-size: .85em; }
fieldset { margin: 0 0 .75rem; padding: 0; border: 0; min-inline-size: 0; } legend, .field { font-weight: 700; padding: 0; }
.ticks { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.ticks label { display: flex; align-items: center; gap: .5rem; min-block-size: 2.75rem; cursor: pointer; }
.ticks input { inline-size: 1.2rem; block-size: 1.2rem; margin: 0; flex: none; accent-color: var(--accent); }
.row { display: flex; flex-wrap: wrap; gap: .75rem; margin-block-end: .75rem; } .row > * { flex: 1 1 9rem; min-inline-size: 0; }
.field { display: block; }
.field > :is(input, select) { display: block; inline-size: 100%; min-block-size: 2.75rem; margin-block-start: .25rem;
  padding: .4rem .7rem; border: 1px solid var(--line); border-radius: var(--round); background: var(--paper); color: var(--ink);
  font: inherit; font-weight: 400; }
section[dir=rtl] input[dir=ltr] { text-align: right; }
button { min-block-size: 2.75rem; padding: .5rem 1.5rem; border: 1px solid var(--accent); border-radius: var(--round);
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 700; cursor: pointer; }
button.plain { background: none; color: var(--ink); border-color: var(--line); font-weight: 400; }
[aria-disabled=true] { opacity: .75; cursor: progress; } [aria-invalid=true] { border-color: var(--fault) !important; }
.fault { color: var(--fault); font-weight: 700; } .fault:empty, [role=status]:empty { display: none; }
.fault button { margin-block-start: .5rem; margin-inline-end: .5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; } a { color: var(--accent); }
.trap { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 30rem) { button { inline-size: 100%; } }`;

class Box extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    try {
      const own = new CSSStyleSheet();
      own.replaceSync(sheet);
      root.adoptedStyleSheets = [own];
    } catch { root.append(h('style', {}, sheet)); }
    const asked = this.getAttribute('lang') || config.asked || this.closest('[lang]')?.lang || config.lang;
    const tag = asked.toLowerCase().split('-')[0];
    this.tongue = config.languages.includes(tag) ? tag : config.lang;
    this.way = /^(ar|ckb|fa|he|ur)$/.test(this.tongue) ? 'rtl' : 'ltr';
    if (this.dataset.scheme) this.style.colorScheme = this.dataset.scheme;
    if (!window.IntersectionObserver) { this.load(); return; }
    const seen = new IntersectionObserver(found => {
      if (found.some(one => one.isIntersecting)) { seen.disconnect(); this.load(); }
    }, { rootMargin: '400px' });
    seen.observe(this);
  }

  get page() {
    const query = new URLSearchParams({ lang: this.tongue });
    if (this.dataset.article) query.set('thread', this.dataset.article);
    if (this.dataset.categories) query.set('categories', this.dataset.categories);
    return `${base}/${config.site}/subscribe?${query}`;
  }

  show(...inside) {
    const box = h('section', { lang: this.tongue, dir: this.way, 'aria-labelledby': 't' }, ...inside);
    this.shadowRoot.querySelector('section')?.remove();
    this.shadowRoot.append(box);
    this.style.setProperty('--notifier-height', '0');
  }

  async ask(path, body) {
    const answer = await fetch(`${api}/${path}`, {
      method: body ? 'POST' : 'GET', credentials: 'omit', referrerPolicy: 'no-referrer',
      headers: body && { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    return [answer.ok, await answer.json()];
  }

  async load() {
    try {
      const query = new URLSearchParams({ lang: this.tongue });
      for (const name of ['article', 'categories']) if (this.dataset[name]) query.set(name, this.dataset[name]);
      const [isFine, box] = await this.ask(`box?${query}`);
      if (!isFine || !box.offers.length) throw new Error(box.error?.message || 'nothing to offer');
      this.take(box.puzzle, box.wait_ms);
      this.draw(box);
    } catch (fault) {
      console.warn('notifier:', fault.message);
      this.show(h('p', { id: 't' }, h('a', { href: this.page }, config.page)));
    }
  }

  take(puzzle, wait) {
    this.puzzle = puzzle;
    this.ready = performance.now() + wait;
    this.wait = wait;
    this.number = null;
  }

  solved() {
    return this.number ??= solve(this.puzzle);
  }

  draw(box) {
    const say = this.words = box.words;
    this.ticked = box.wanted;
    const options = (pairs, chosen) => pairs.map(([value, label]) => h('option', { value, selected: value === chosen }, label));
    const field = (id, label, control, given, ...inside) =>
      h('label', { class: 'field' }, label, h(control, { id, name: id, ...given }, ...inside));
    const ticks = box.offers.map(one => h('label', {},
      h('input', { type: 'checkbox', name: 'topics', value: one.topic, checked: box.wanted.includes(one.topic) }),
      h('span', { dir: 'auto' }, one.label)));
    this.form = h('form', { noValidate: true },
      h('fieldset', {}, h('legend', {}, say.topics), h('div', { class: 'ticks' }, ...ticks)),
      h('div', { class: 'row' },
        field('frequency', say.frequency, 'select', {}, ...options(box.frequencies, box.frequency)),
        box.languages.length > 1 && field('language', say.language, 'select', {}, ...options(box.languages, this.tongue))),
      field('address', say.address, 'input', { type: 'email', inputmode: 'email', autocomplete: 'email', autocapitalize: 'none',
        spellcheck: 'false', dir: 'ltr', maxlength: '320', required: true, 'aria-describedby': 'fault consent' }),
      h('div', { class: 'trap', 'aria-hidden': 'true' }, field('website', say.trap, 'input', { tabindex: '-1', autocomplete: 'off' })),
      h('div', { id: 'fault', class: 'fault', role: 'alert' }),
      h('p', { id: 'consent' }, h('small', {}, say.consent)),
      h('button', { type: 'submit' }, say.button),
      h('p', { role: 'status' }));
    this.form.addEventListener('submit', event => { event.preventDefault(); this.send(''); });
    // The work begins when somebody does, not when a page is looked at.
    this.form.addEventListener('focusin', () => this.solved(), { once: true });
    this.form.addEventListener('input', () => this.complain());
    this.show(h('h2', { id: 't' }, box.is_thread ? say.thread : say.title), this.form);
  }

  complain(field, ...inside) {
    const [fault, address] = ['#fault', '#address'].map(id => this.shadowRoot.querySelector(id));
    fault.replaceChildren(...inside);
    address.setAttribute('aria-invalid', String(field === 'address'));
    if (field === 'address') address.focus();
    if (field === 'topics') this.form.querySelector('[name=topics]').focus();
  }

  async send(typo, isAgain) {
    if (this.isBusy) return;
    const data = new FormData(this.form), say = this.words;
    const topics = data.getAll('topics'), address = data.get('address').trim();
    if (!topics.length) { this.complain('topics', say.none); return; }
    if (!address.includes('@')) { this.complain('address', say.invalid); return; }
    this.complain();
    this.busy(true);
    let answer = [false, {}];
    try {
      const number = await this.solved();
      await new Promise(go => setTimeout(go, this.ready - performance.now()));
      answer = await this.ask(`signups?lang=${this.tongue}`, {
        address, topics, number, typo, ticked: this.ticked, token: this.puzzle.token, frequency: data.get('frequency'),
        language: data.get('language') || this.tongue, website: data.get('website'),
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || '',
      });
    } catch (fault) { console.warn('notifier:', fault.message); }
    this.busy(false);
    const [isFine, said] = answer;
    if (isFine) this.done(said);
    else if (said.puzzle) {
      this.take(said.puzzle, this.wait);
      if (isAgain) this.complain('form', said.error.message);
      else this.send(typo, true);
    } else if (said.better) this.offer(said);
    else this.complain(said.error?.field, said.error?.message || say.trouble);
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    this.form.querySelector('[type=submit]').setAttribute('aria-disabled', String(isBusy));
    this.form.querySelector('[role=status]').textContent = isBusy ? this.words.working : '';
  }

  offer(said) {
    const choose = (typo, given, label) => {
      const button = h('button', { type: 'button', ...given }, label);
      button.addEventListener('click', () => {
        if (typo === 'accept') this.form.querySelector('#address').value = said.better;
        this.send('keep');
      });
      return button;
    };
    this.complain('better', said.error.message, h('br'),
      choose('accept', {}, this.words.accept), choose('keep', { class: 'plain' }, this.words.keep));
    this.shadowRoot.querySelector('#fault button').focus();
  }

  done(said) {
    const text = h('div', { role: 'status', tabindex: '-1' }, h('p', {}, said.text), h('p', {}, h('small', {}, said.hint)));
    this.show(h('h2', { id: 't' }, said.title), text);
    text.focus();
  }
}

if (!customElements.get('notifier-box')) customElements.define('notifier-box', Box);
if (!('manual' in script.dataset)) {
  const box = document.createElement('notifier-box');
  Object.assign(box.dataset, script.dataset);
  if (script.lang) box.lang = script.lang;
  script.after(box);
}
})();
