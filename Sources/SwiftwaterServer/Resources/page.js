"use strict";

// Text from outside is always inserted by textContent, so it cannot become markup.
const find = (id) => document.getElementById(id);
const state = { window: null, order: "count", table: null, open: null, user: "", films: [], source: null };

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function drawing(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  return element;
}

// Makes control characters visible that would reorder or hide the surrounding text, and cuts stacks of combining marks.
function safe(text) {
  return String(text)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replace(/(\p{M}{4})\p{M}+/gu, "$1");
}

const whole = new Intl.NumberFormat("en");
const decimal = (value, digits) => Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const size = (bytes) => (bytes >= 1048576 ? decimal(bytes / 1048576, 0) + " MiB" : decimal(bytes / 1024, 0) + " KiB");
const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString();

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) showSignIn();
  const body = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body && body.detail ? body.detail : "HTTP " + answer.status), { status: answer.status });
  return body;
}

const send = (path, body) => ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

// Signing in

function showSignIn() {
  find("sign-in").hidden = false;
  setConnection("lost", "Sign in to see the data");
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("sign-in-error").textContent = "";
  try {
    await send("/v1/session", { token: find("token").value });
    find("sign-in").hidden = true;
    begin();
  } catch (error) {
    find("sign-in-error").textContent = error.message;
  }
});

// Live events

function setConnection(kind, text) {
  find("connection").className = kind;
  find("connection-text").textContent = text;
}

function listen() {
  if (state.source) state.source.close();
  const source = new EventSource("/v1/events?limit=20&order=" + state.order + "&window=" + encodeURIComponent(state.window));
  state.source = source;
  source.onopen = () => setConnection("live", "Live");
  source.onerror = () => {
    setConnection("lost", "Connection lost, retrying");
    // Browsers do not retry a stream that was refused rather than cut.
    if (source.readyState === EventSource.CLOSED && state.source === source) setTimeout(begin, 2000);
  };
  source.addEventListener("trends", (event) => showTrends(JSON.parse(event.data)));
  source.addEventListener("health", (event) => showHealth(JSON.parse(event.data)));
  source.addEventListener("model", (event) => showModel(JSON.parse(event.data)));
}

// Windows and orders

function choices(id, names, chosen, onChoice) {
  const set = find(id);
  // After a reconnection the choices are usually the same: keep the inputs, so that the focus stays where it is.
  const known = [...set.querySelectorAll("input")];
  if (known.map((input) => input.value).join() === names.join()) {
    for (const input of known) input.checked = input.value === chosen;
    return;
  }
  for (const label of set.querySelectorAll("label")) label.remove();
  for (const name of names) {
    const label = make("label");
    const input = make("input");
    Object.assign(input, { type: "radio", name: id, value: name, checked: name === chosen });
    input.addEventListener("change", () => onChoice(name));
    label.append(input, name);
    set.append(label);
  }
}

// Health

function facts(id, pairs) {
  const list = find(id);
  const parts = [];
  for (const [name, value] of pairs) {
    const pair = make("div");
    pair.append(make("dt", "", name), make("dd", "", value));
    parts.push(pair);
  }
  list.replaceChildren(...parts);
}

function showHealth(health) {
  find("application").textContent = health.application;
  document.title = health.application;
  const interval = health.intervalMilliseconds;
  facts("health-facts", [
    ["Posts per second", decimal(health.postsPerSecond, 0)],
    ["Last batch", health.batch ? whole.format(health.posts) + " posts" : "none yet"],
    ["Lag / interval", health.batch ? health.lagMilliseconds + " / " + interval + " ms" : "–"],
    ["Waiting batches", health.batch ? health.waitingBatches : "–"],
    ["Backpressure", health.nextBatchMaxBytes ? "next batch up to " + size(health.nextBatchMaxBytes) : "off"],
    ["Checkpoint", health.durable ? (health.checkpointAgeMilliseconds === null ? "none yet" : decimal(health.checkpointAgeMilliseconds / 1000, 1) + " s old") : "off"],
  ]);
  showSources(health.sources);
  const away = health.sources.filter((source) => source.link === "waiting" || source.link === "ended");
  if (away.length === 0) setConnection("live", "Live");
  else setConnection("lost", away.length === 1 ? safe(away[0].name) + " is " + links[away[0].link] : away.length + " sources are not connected");
  const svg = find("rates");
  const rates = health.rates;
  const most = Math.max(1, ...rates);
  const step = rates.length > 1 ? 320 / (rates.length - 1) : 0;
  svg.replaceChildren(drawing("polyline", { points: rates.map((rate, index) => (index * step).toFixed(1) + "," + (46 - 42 * rate / most).toFixed(1)).join(" ") }));
}

const links = { connected: "connected", connecting: "connecting", waiting: "not connected", ended: "ended" };

function duration(milliseconds) {
  const seconds = Math.abs(milliseconds) / 1000;
  if (seconds < 60) return decimal(milliseconds / 1000, 1) + " s";
  if (seconds < 5400) return decimal(milliseconds / 60000, 0) + " min";
  return decimal(milliseconds / 3600000, 1) + " h";
}

// Each live source: connected or since when not, posts a second, the delay behind the service, gaps.
function showSources(sources) {
  const list = find("sources");
  list.hidden = sources.length === 0;
  list.replaceChildren(...sources.map((source) => {
    const item = make("li", source.link === "connected" ? "live" : "lost");
    const head = make("p", "source");
    const dot = make("span", "dot");
    dot.setAttribute("aria-hidden", "true");
    head.append(dot, make("strong", "", safe(source.name)), " " + links[source.link] + " since " + clock(source.since));
    const facts = [decimal(source.postsPerSecond, 1) + " posts/s"];
    if (source.delayMilliseconds !== null) facts.push(duration(source.delayMilliseconds) + " behind");
    if (source.behind > 0) facts.push(whole.format(source.behind) + " waiting");
    // What is missing of a file has no length in time.
    const gapTime = source.gapMilliseconds > 0 ? " (" + duration(source.gapMilliseconds) + ")" : "";
    facts.push(source.gaps === 0 ? "no gaps" : whole.format(source.gaps) + (source.gaps === 1 ? " gap" : " gaps") + gapTime);
    if (source.malformed > 0) facts.push(whole.format(source.malformed) + " unreadable");
    const parts = [head, make("p", "", safe(source.place) + " · " + facts.join(" · "))];
    if (source.link !== "connected" && source.reason) parts.push(make("p", "", safe(source.reason)));
    item.append(...parts);
    return item;
  }));
}

// The model

function showModel(model) {
  find("model").hidden = false;
  facts("model-facts", [
    ["Films", whole.format(model.items)], ["Users", whole.format(model.users)], ["Ratings", whole.format(model.ratings)],
    ["Live ratings", whole.format(model.liveRatings)], ["Rank", model.rank], ["Model", "#" + model.generation],
  ]);
  const button = find("retrain");
  // Not `disabled`, which would take the keyboard focus away from it.
  button.setAttribute("aria-disabled", String(model.isTraining));
  button.textContent = model.isTraining ? "Training…" : "Retrain";
  const training = model.lastTraining;
  const failure = model.lastFailure ? "The last training failed: " + model.lastFailure + ". " : "";
  find("curve-caption").textContent = failure + (training
    ? "RMSE on held-out ratings by iteration; trained " + new Date(training.ended).toLocaleString() + " in " + decimal(training.milliseconds / 1000, 1) + " s" +
      (training.curve.length ? ", final RMSE " + decimal(training.curve[training.curve.length - 1].rmse, 4) : "")
    : failure ? "" : "No training yet.");
  drawCurve(training ? training.curve : []);
  if (state.generation !== undefined && state.generation !== model.generation && state.user) showFilms();
  state.generation = model.generation;
}

function drawCurve(points) {
  const svg = find("curve");
  svg.replaceChildren();
  svg.style.display = points.length ? "" : "none";
  if (!points.length) return;
  const values = points.map((point) => point.rmse);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (index) => 44 + (points.length > 1 ? 262 * index / (points.length - 1) : 0);
  const y = (value) => 12 + 106 * (high === low ? 0.5 : (high - value) / (high - low));
  svg.append(drawing("line", { class: "axis", x1: 40, y1: 124, x2: 312, y2: 124 }), drawing("line", { class: "axis", x1: 40, y1: 8, x2: 40, y2: 124 }));
  for (const value of high === low ? [high] : [high, low]) {
    const label = drawing("text", { x: 2, y: y(value) + 4 });
    label.textContent = value.toFixed(3);
    svg.append(label);
  }
  svg.append(drawing("polyline", { points: values.map((value, index) => x(index) + "," + y(value)).join(" ") }));
  points.forEach((point, index) => {
    svg.append(drawing("circle", { cx: x(index), cy: y(point.rmse), r: 3 }));
    if (index === 0 || index === points.length - 1 || points.length <= 8) {
      const label = drawing("text", { x: x(index), y: 140, "text-anchor": "middle" });
      label.textContent = point.iterations;
      svg.append(label);
    }
  });
}

find("retrain").addEventListener("click", async () => {
  const button = find("retrain");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await send("/v1/model", { action: "retrain" });
  } catch (error) {
    find("curve-caption").textContent = error.message;
    button.setAttribute("aria-disabled", "false");
  }
});

// Films

const origins = { model: "from the trained model", "fold-in": "from all ratings so far", popular: "a new user: the most-rated items" };
const pathOf = (user) => "/v1/users/" + encodeURIComponent(user);

async function showFilms(note) {
  const user = state.user;
  if (!user) return;
  try {
    const [answer, rated] = await Promise.all([ask(pathOf(user) + "/recommendations?n=10"), ask(pathOf(user) + "/ratings?limit=100")]);
    if (user !== state.user) return;
    const before = state.films;
    state.films = answer.items.map((item) => item.item);
    find("films-note").textContent = (note ? note + " " : "") + "For " + safe(user) + ", " + origins[answer.source] + ".";
    const focus = focusedPart();
    find("film-list").replaceChildren(...answer.items.map((item, index) => filmRow(item, index, before.length > 0 && before[index] !== item.item)));
    if (focus) focusAgain(focus);
    find("rated").firstElementChild.textContent = "Rated so far: " + whole.format(rated.total);
    find("rated-list").replaceChildren(...rated.ratings.map((entry) => make("li", "", entry.rating + "  " + safe(entry.title || entry.item))));
  } catch (error) {
    find("films-note").textContent = error.message;
  }
}

// The focused part of the list. After a redraw the focus goes to the same film, or to the title of the film that took
// its place, so that pressing the key again does not rate that film as well.
function focusedPart() {
  const row = document.activeElement && document.activeElement.closest("#film-list > li");
  if (!row) return null;
  const parts = [...row.querySelectorAll("button")];
  return { item: row.dataset.item, place: [...row.parentNode.children].indexOf(row), part: parts.indexOf(document.activeElement) };
}

function focusAgain(focus) {
  const rows = [...find("film-list").children];
  const same = rows.find((row) => row.dataset.item === focus.item);
  const row = same || rows[Math.min(focus.place, rows.length - 1)];
  const button = row && row.querySelectorAll("button")[same ? focus.part : 0];
  if (button) button.focus({ preventScroll: true });
}

function filmRow(item, index, hasMoved) {
  const row = make("li", hasMoved ? "moved" : "");
  row.dataset.item = item.item;
  const title = make("button", "title", safe(item.title || item.item));
  title.type = "button";
  title.title = safe(item.title || item.item);
  title.setAttribute("aria-expanded", "false");
  title.addEventListener("click", () => explain(item, row, title));
  const score = item.ratings === undefined ? make("span", "score", decimal(item.score, 2)) : make("span", "score count", whole.format(item.ratings) + (item.ratings === 1 ? " rating" : " ratings"));
  const stars = make("span", "stars");
  stars.setAttribute("role", "group");
  stars.setAttribute("aria-label", "Rate " + safe(item.title || item.item));
  for (let star = 1; star <= 5; star++) {
    const button = make("button", "", "★");
    button.type = "button";
    button.setAttribute("aria-label", star + (star === 1 ? " star" : " stars"));
    button.addEventListener("click", () => rate(item.item, item.title || item.item, star));
    stars.append(button);
  }
  row.append(make("span", "place", index + 1), title, score, stars);
  return row;
}

async function explain(item, row, title) {
  const old = row.querySelector(".why");
  title.setAttribute("aria-expanded", String(!old));
  if (old) return old.remove();
  const why = make("span", "why", "…");
  row.append(why);
  try {
    const answer = await ask(pathOf(state.user) + "/because/" + encodeURIComponent(item.item) + "?n=3");
    why.textContent = "Because of " + answer.because.map((reason) => safe(reason.title || reason.item) + " (rated " + reason.rating + ": " + (reason.share < 0 ? "−" : "+") + decimal(Math.abs(reason.share), 2) + ")").join(", ");
  } catch (error) {
    why.textContent = error.status === 404 ? "One of the most-rated items; nothing is known about this user yet." : error.message;
  }
}

async function rate(item, title, rating) {
  if (!state.user) return;
  try {
    await send("/v1/ratings", { user: state.user, item: item, rating: rating });
    await showFilms("Rated " + safe(title) + " " + rating + ".");
  } catch (error) {
    find("films-note").textContent = error.message;
  }
}

find("user-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const user = find("user").value.trim();
  if (!user) {
    find("films-note").textContent = "Enter a user id.";
    return;
  }
  state.user = user;
  state.films = [];
  try { localStorage.setItem("user", state.user); } catch (error) { /* without storage, the user is not remembered */ }
  showFilms();
});

const titles = new Map();
let asked = "";
find("film").addEventListener("input", async () => {
  const text = find("film").value.trim();
  if (text.length < 2 || titles.has(text)) return;
  asked = text;
  try {
    const answer = await ask("/v1/items?n=10&q=" + encodeURIComponent(text));
    if (asked !== text) return;
    titles.clear();
    find("film-choices").replaceChildren(...answer.items.map((item) => {
      const option = make("option");
      const title = safe(item.title || item.item).trim();
      // Two items may have the same title.
      option.value = titles.has(title) ? title + " · " + safe(item.item) : title;
      titles.set(option.value, item.item);
      return option;
    }));
  } catch (error) {
    find("films-note").textContent = error.message;
  }
});

find("rate-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const title = find("film").value.trim();
  const item = titles.get(title);
  if (!item) {
    find("films-note").textContent = "Choose a title from the list.";
    return;
  }
  find("film").value = "";
  rate(item, title, Number(find("stars").value));
});

// Start

async function begin() {
  try {
    const configuration = await ask("/v1/configuration");
    find("application").textContent = configuration.application;
    document.title = configuration.application;
    if (!configuration.windows.includes(state.window)) state.window = configuration.windows[0];
    if (!configuration.orders.includes(state.order)) state.order = configuration.orders[0];
    choices("windows", configuration.windows, state.window, (name) => { state.window = name; listen(); });
    choices("orders", configuration.orders, state.order, (name) => { state.order = name; listen(); });
    find("films").hidden = !configuration.recommendations;
    if (configuration.recommendations) {
      if (!state.user) {
        try { state.user = localStorage.getItem("user") || "42"; } catch (error) { state.user = "42"; }
        find("user").value = state.user;
      }
      showFilms();
    }
    listen();
  } catch (error) {
    if (find("sign-in").hidden) {
      setConnection("lost", "Connection lost, retrying");
      setTimeout(begin, 2000);
    }
  }
}

begin();
