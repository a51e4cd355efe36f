// What only the instructor can do. The server asks for the instructor's cookie and for this token.

export function connectControls(token) {
  const $ = (id) => document.getElementById(id);
  let shown = true;

  async function ask(action, more = {}) {
    $("problem").textContent = "";
    try {
      const answer = await fetch("/api/control", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Board-Token": token },
        body: JSON.stringify({ version: 1, action, ...more }),
      });
      if (answer.ok) return true;
      $("problem").textContent = (await answer.json()).error;
    } catch {
      $("problem").textContent = "The board did not answer: try again.";
    }
    return false;
  }

  $("names").addEventListener("click", () => ask("nicknames", { shown: !shown }));

  $("lessons").addEventListener("change", (event) => {
    if (event.target.name === "lesson") $("lessons").elements.how.value = "these";
  });
  $("lessons").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData($("lessons"));
    const lessons = form.get("how") === "these" ? form.getAll("lesson") : [];
    if (await ask("lessons", { lessons })) {
      $("choose").open = false;
      $("choose").querySelector("summary").focus();
    }
  });
  $("choose").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !$("choose").open) return;
    $("choose").open = false;
    $("choose").querySelector("summary").focus();
  });

  $("end").addEventListener("click", () => $("really").showModal());
  $("really").addEventListener("close", async () => {
    if ($("really").returnValue !== "end") return;
    if (await ask("end", { confirm: "delete everything" })) location.reload();
  });

  return {
    mask: (learner, masked) => ask("mask", { learner, masked }),
    lowerButton(one) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Lower";
      button.dataset.learner = one.id;
      button.setAttribute("aria-label", `Lower the hand of ${one.name}`);
      button.addEventListener("click", () => ask("lower", { learner: one.id }));
      return button;
    },
    update(data) {
      shown = data.nicknames;
      $("names").textContent = shown ? "Hide nicknames" : "Show nicknames";
      $("chosen").textContent = 
        data.chosen.length > 4 ? `${data.chosen.length} of them` : data.chosen.join(", ") || "automatic";
    },
  };
}
