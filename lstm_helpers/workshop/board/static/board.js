// The live board. Everything that comes from the server is put into the page as text, never as
// markup. Only what changed is touched, so that 500 learners are no burden.
import { Grid } from "./grid.js";
import { connectControls } from "./controls.js";

const $ = (id) => document.getElementById(id);
const token = document.body.dataset.token;
const controls = token ? connectControls(token) : null;
const FEW = 3; // so many have joined, and the lines with which one joins need no more room
const names = new Map();
const grid = new Grid($("grid"), controls && controls.mask);
let latest = null;
let offset = 0; // our clock against the server's, in seconds
let alive = 0;

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Text with `code` in backticks.
function said(parent, text) {
  text.split("`").forEach((piece, place) => {
    if (piece) parent.append(place % 2 ? element("code", "", piece) : piece);
  });
}

function ago(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 1) return "< 1 min";
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

const serverNow = () => Date.now() / 1000 + offset;

function show(data) {
  offset = data.now - Date.now() / 1000;
  if (data.full) names.clear();
  const before = new Set(latest ? latest.hands.map((one) => one.learner) : []);
  for (const one of data.learners) names.set(one.id, one.name);
  const first = latest === null;
  latest = data;
  const lessons = data.lessons.map((one) => `${one.number} ${one.title}`);
  const numbers = data.lessons.map((one) => one.number);
  if (lessons.length === 1) $("title").textContent = `Lesson ${lessons[0]}`;
  else $("title").textContent = lessons.length > 4 ? `${lessons.length} lessons` : `Lessons ${numbers.join(", ")}`;
  const left = data.left ? ` · ${data.left} left` : "";
  $("learners-title").textContent = (data.count === 1 ? "1 learner" : `${data.count} learners`) + left;
  document.body.classList.toggle("few", data.count + data.left < FEW);
  grid.update(data);
  showExercises(data);
  showTimes();
  live();
  if (controls) controls.update(data);
  const fresh = data.hands.filter((one) => !before.has(one.learner)).map((one) => names.get(one.learner));
  if (!first && fresh.length) $("said").textContent = `Hand raised: ${fresh.join(", ")}`;
}

const drawn = new Map(); // exercise -> what its item shows now

function showExercises(data) {
  const list = $("exercises");
  const wanted = data.exercises.map((one) => one.name);
  if ([...drawn.keys()].join() !== wanted.join()) {
    drawn.clear();
    list.replaceChildren();
  }
  for (const one of data.exercises) {
    const text = JSON.stringify([one, data.count]);
    if (drawn.get(one.name) === text) continue;
    const item = exerciseItem(one, data.count);
    const place = wanted.indexOf(one.name);
    if (drawn.has(one.name)) list.children[place].replaceWith(item);
    else list.append(item);
    drawn.set(one.name, text);
  }
}

function exerciseItem(one, count) {
  const item = element("li");
  const what = element("div", "what");
  what.append(element("span", "tag", one.label), element("code", "", one.name));
  const title = element("span", "title", one.title);
  title.title = one.title;
  const percent = count ? Math.round((100 * one.passed) / count) : 0;
  const skipped = one.skipped ? `, ${one.skipped} skipped` : "";
  what.append(title);
  const share = element("div", "share");
  const bar = element("div", "bar");
  bar.setAttribute("aria-hidden", "true");
  const done = element("div", "done");
  done.style.width = `${percent}%`;
  bar.append(done);
  share.append(bar, element("span", "", `${one.passed} of ${count} passed · ${percent} %${skipped}`));
  const cause = element("p", "cause");
  if (one.commonest) {
    cause.append(element("b", "", `✗ ${one.commonest.count} of ${one.failed} now: `));
    // What is wrong, in a sentence, is for the instructor: on a wall it would tell the others.
    said(cause, controls ? one.commonest.text : one.commonest.words);
  } else if (one.failed) {
    cause.append(element("b", "", `✗ ${one.failed} not yet`), ", no common cause");
  }
  item.append(what, share, cause);
  return item;
}

const listed = {};

// Lists whose times grow: drawn again only if a word of them changed, so that focus stays.
function list(id, rows, draw, nobody) {
  const text = JSON.stringify(rows);
  if (listed[id] === text) return;
  listed[id] = text;
  const focused = document.activeElement?.dataset?.learner;
  const inside = $(id).contains(document.activeElement);
  $(id).replaceChildren(...(rows.length ? rows.map(draw) : [element("li", "nobody", nobody)]));
  if (inside && focused) $(id).querySelector(`[data-learner="${Number(focused)}"]`)?.focus();
}

function showTimes() {
  if (!latest) return;
  const now = serverNow();
  const hands = latest.hands.map((one) => ({
    id: one.learner, name: names.get(one.learner) ?? "", time: ago(now - one.since),
  }));
  $("hands-count").textContent = hands.length ? `· ${hands.length}` : "";
  list("hands", hands, (one) => {
    const item = element("li");
    item.append(element("span", "hand", "▲"), element("span", "who", one.name));
    item.append(element("span", "time", one.time));
    if (controls) item.append(controls.lowerButton(one));
    return item;
  }, "No hand is up.");
  const stuck = latest.stuck.map((one) => {
    const idle = now - one.heard;
    const how = [`${one.failures} failed ${one.failures === 1 ? "check" : "checks"}`];
    if (one.hints) how.push(one.hints === 1 ? "1 hint" : `${one.hints} hints`);
    if (one.solution) how.push("has seen the solution");
    how.push(idle > latest.idle ? `idle for ${ago(idle)}` : "trying");
    return {
      name: names.get(one.learner) ?? "", label: one.label, exercise: one.exercise,
      time: ago(now - one.since), how: how.join(" · "),
    };
  });
  list("stuck", stuck, (one) => {
    const item = element("li");
    const where = element("span", "", `${one.label} `);
    where.append(element("code", "", one.exercise));
    item.append(element("span", "who", one.name), where, element("span", "time", one.time), element("span", "how", one.how));
    return item;
  }, "Nobody is stuck.");
}

function live() {
  const status = $("status");
  const checks = latest.events === 1 ? "1 event" : `${latest.events} events`;
  alive = Date.now();
  status.className = "";
  const text = `● live · ${checks}`;
  if (status.textContent !== text) status.textContent = text;
}

function lost() {
  $("status").className = "lost";
  $("status").textContent = "▼ no connection; trying again";
}

function connect() {
  const source = new EventSource("/api/stream");
  source.addEventListener("state", (event) => show(JSON.parse(event.data)));
  source.addEventListener("ended", () => { source.close(); location.reload(); });
  source.addEventListener("open", () => { if (latest) live(); });
  source.addEventListener("error", () => {
    lost();
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source.close();
    fetch("/api/state", { cache: "no-store" }).then((answer) => {
      if (answer.status === 403 || answer.status === 410) location.reload();
      else setTimeout(connect, 2000);
    }, () => setTimeout(connect, 2000));
  });
}

connect();
setInterval(showTimes, 5000);
