import ast
import json
import re

import nbformat.v4 as v4
import pytest

from lstm_helpers.commands import slides as command
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.workshop import slides_lesson
from lstm_helpers.workshop.blocks import blocks_of
from lstm_helpers.workshop.lessons_read import lesson_numbers, parse_lesson, read_lesson
from lstm_helpers.workshop.slides import lesson_page, slides_page
from lstm_helpers.workshop.slides_exercise import signature
from lstm_helpers.workshop.slides_fit import lines_of, opening_sentences
from lstm_helpers.workshop.slides_hints import hints_of
from lstm_helpers.workshop.slides_parts import pre
from lstm_helpers.workshop.slides_run import RunError, Shown, run_lesson, shown_by
from lstm_helpers.workshop.slides_text import formula, inline, markdown, sentences

FIGURE = (
    "from matplotlib.figure import Figure\n"
    "from lstm_helpers.notebook import show\n"
    'show(Figure((3, 2)), "All is `0`, $x < 1$ too.", "An empty rectangle, & nothing \\"else\\".")'
)


def lesson_of(*cells, number="99"):
    """A lesson of one's own: texts for Markdown, tuples for code, with options."""
    made = []
    for cell in cells:
        text, *options = cell if isinstance(cell, tuple) else (cell, "markdown")
        metadata = next((one for one in options if isinstance(one, dict)), {})
        make = v4.new_markdown_cell if "markdown" in options else v4.new_code_cell
        made.append(make(text, metadata=metadata))
    notebook = v4.new_notebook(cells=made)
    notebook.metadata["lstm_helpers"] = {"number": number, "title": "Small", "minutes": 6}
    return parse_lesson(json.loads(json.dumps(notebook)))


def slides_of(lesson, shown=None):
    strips = slides_lesson.lesson_strips(lesson, shown or {}, was_run=shown is not None)
    return [slide for strip in strips for slide in strip.slides]


OPENING = "# Lesson 99: Small\n\n**6 minutes.** You need: nothing.\n\n- read it"
SECTION = "## 1. Is it *so*? (6 min)\n\nIt may be so."
INSTRUCTOR = {"tags": ["instructor"]}


# Text


def test_formulas_stay_whole_whatever_markdown_makes_of_their_signs():
    html = markdown(r"| a | b |" "\n|---|---|\n" r"| $\|x_1\|$ and $a*b*c$ | `$5$` |")
    assert html.count("<math") == 2
    assert html.count("<td") == 2
    assert "<em>" not in html
    assert "<code>$5$</code>" in html


def test_raw_html_is_shown_and_not_obeyed():
    assert "<script" not in markdown("<script>alert(1)</script>")
    assert "&lt;b&gt;" in inline("<b>")


def test_references_stay_in_notes_and_not_on_slides():
    assert "[4]" not in inline("The remedy [4] is old [5, 6].")
    assert "[4]" in markdown("The remedy [4] is old.")
    assert "[3]" in inline("`[3]` and `[4]`")


def test_sentences_are_cut_where_they_end():
    text = "**Lead.** See $0.5.$ Then, e.g. Ada: Yes. `f. G` it is?"
    assert " ".join(sentences(text)) == text
    assert sentences("**Lead.** One. Two.")[0] == "**Lead.**"
    assert opening_sentences("One is. Two are. Three.", 12) == ("One is.", "Two are. Three.")


def test_wide_formulas_are_split_at_wide_spaces_only_outside_braces():
    assert lines_of(r"a = b, \qquad c = d", letters=6) == ["a = b,", "c = d"]
    assert lines_of(r"\underbrace{a \quad b}_{c \quad d}", letters=4) == [
        r"\underbrace{a \quad b}_{c \quad d}"
    ]


def test_a_sign_stands_close_to_its_number_and_a_function_apart_from_its_argument():
    assert '(</mo><mo form="prefix">' in formula(r"f(-1)").replace("&#x00028;", "(")
    assert 'form="prefix"' not in formula("a - 1")
    assert "<mspace" in formula(r"\tanh 1")
    assert "<mspace" not in formula(r"\tanh(1)")
    assert "step_backward" in formula(r"\text{step\_backward}")


def test_every_formula_of_every_lesson_is_set():
    count = 0
    for number in lesson_numbers():
        for cell in read_lesson(number).notebook["cells"]:
            if cell["cell_type"] == "markdown":
                for block in blocks_of("".join(cell["source"])):
                    text = f"$${block.text}$$" if block.kind == "math" else block.text
                    html = markdown(text)
                    count += html.count("<math")
                    assert "\ue000" not in html
                    left = re.sub(r"<math.*?</math>|<code.*?</code>", "", html, flags=re.DOTALL)
                    assert not re.search(r"\\[a-z]{2,}|\$[^$]+\$", left), (number, left)
                    for tex in re.findall(r"<m[io]>(\\[a-zA-Z]+)", html):
                        raise AssertionError(f"lesson {number}: {tex} is not known")
    assert count > 1000


# The rules


def test_times_add_up_to_the_minutes_of_each_lesson():
    for number in lesson_numbers():
        lesson = read_lesson(number)
        slides = slides_of(lesson)
        assert sum(slide.seconds for slide in slides) == 60 * lesson.minutes
        assert min(slide.seconds for slide in slides) >= 0
        exercises = [slide for slide in slides if slide.kind in ("exercise", "shapes")]
        longest = [slide.seconds for slide in exercises if slide.seconds >= 180]
        assert sorted(longest)[-len(lesson.exercises) :] == sorted(
            60 * one.minutes for one in lesson.exercises
        )


def test_every_section_answer_prediction_and_exercise_of_every_lesson_is_there():
    for number in lesson_numbers():
        lesson = read_lesson(number)
        slides = slides_of(lesson)
        kinds = [slide.kind for slide in slides]
        pieces = [piece for section in lesson.sections for piece in section.pieces]
        answers = [p for p in pieces if p.kind == "quote" and p.text.startswith("**Answer")]
        asked = [p for p in pieces if p.kind == "text" and "**Predict" in p.text]
        assert kinds.count("section") >= len(lesson.sections)
        assert kinds.count("answer") == len(answers)
        assert kinds.count("predict") >= 0.8 * len(asked)
        assert kinds.count("exercise") == len(lesson.exercises)
        assert kinds[0] == "title"
        assert kinds[-1] == "next"
        assert "saw" in kinds


def test_an_exercise_shows_its_head_and_never_its_solution():
    slides = slides_of(read_lesson("03"))
    first = next(s for s in slides if s.kind == "exercise" and "lstm_step" in s.heading)
    shown = re.sub(r"<[^>]+>", "", first.body)
    assert "def lstm_step(x, h_prev, c_prev, W_x, W_h, b):" in shown
    skipping = 'from lstm_helpers.notebook import skip; skip("lstm_step")'
    for call in ("hint(", skipping, "raise_hand()"):
        assert call in re.sub(r"<[^>]+>", "", first.foot)
    everything = "".join(slide.body + "".join(slide.notes) for slide in slides)
    assert "np.split(z, 4, axis=1)" not in everything


def test_no_line_of_a_head_is_too_long_for_letters_of_a_readable_size():
    for number in lesson_numbers():
        for slide in slides_of(read_lesson(number)):
            assert 'class="c18"' not in slide.body, slide.heading
            assert slide.kind != "exercise" or "<pre" in slide.body
    long = "def f(" + ", ".join(f"argument_{n}" for n in range(9)) + "):\n    return 0"
    assert max(map(len, signature(long).splitlines())) <= 80
    assert ast.unparse(ast.parse(f"{signature(long)}\n    return 0")) == long


def test_a_printed_line_that_alone_would_make_the_letters_small_is_wrapped():
    body = pre("one: 1\n" + "word " * 19, 400)
    assert 'class="c20"' in body
    assert "\n    word" in body
    table = "\n".join("12345 " * 16 for _ in range(5))
    assert 'class="c18"' in pre(table, 400)  # wrapped, its columns would be lost


def test_a_link_to_another_notebook_keeps_its_words_only():
    for set_text in (markdown, inline):
        html = set_text(
            "See [lesson *one*](01_a.ipynb), [that](x/y.md) and [this](https://a.org/)."
        )
        assert html.count("<a ") == 1
        assert "lesson <em>one</em>, that and" in html
        assert 'href="https://a.org/"' in html
    texts = [
        text
        for slide in slides_of(read_lesson("00"))
        for text in (slide.body, slide.foot, *slide.notes)
    ]
    assert any("lesson 01" in text.lower() for text in texts)
    assert not any(re.search(r'href="(?!https?:)', text) for text in texts)


def test_slides_for_learners_have_no_notes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.run("02", out=None, execute=False) == 0
    assert command.run("02", out=None, execute=False, notes=False) == 0
    assert "without notes: 02_slides_no_notes.html" in capsys.readouterr().out
    full = (tmp_path / "02_slides.html").read_text(encoding="utf-8")
    page = (tmp_path / "02_slides_no_notes.html").read_text(encoding="utf-8")
    assert "wraps around" in full
    assert '<aside class="notes">' not in page
    for private in ("wraps around", "Where people stumble", "Answers to the predictions"):
        assert private not in page
    assert page.count('<section class="') == full.count('<section class="')


def test_remarks_for_instructors_go_to_the_notes_where_they_belong():
    hints = hints_of(read_lesson("02"))
    assert "wraps around" in hints.exercises["rnn_backward"][0]
    assert any("Timing" in text for text in hints.lesson)
    slides = slides_of(read_lesson("02"))
    for slide in slides:
        text = slide.heading + slide.body + slide.foot
        assert "Where people stumble" not in text
        assert "Answers to the predictions" not in text
    there = [slide for slide in slides if "wraps around" in "".join(slide.notes)]
    assert [slide.kind for slide in there] == ["exercise"]
    assert hints_of(read_lesson("03")).predictions[2] == [
        "at about 20 steps the carousel is at 0.56."
    ]
    assert hints_of(read_lesson("03")).answers_for(5)[0].startswith("Gate: always 0.5")


def test_long_prose_goes_to_the_notes_and_none_is_lost():
    long = " ".join(f"Sentence number {n} is about as long as any." for n in range(30))
    lesson = lesson_of(OPENING, f"{SECTION}\n\n{long}", "> **Answer.** Yes.")
    slides = slides_of(lesson)
    assert "Sentence number 7" not in "".join(slide.body for slide in slides)
    notes = "".join(note for slide in slides for note in slide.notes)
    assert all(f"number {n} is" in notes for n in range(30))


def test_printed_numbers_are_shown_only_where_a_prediction_asked_for_them():
    lesson = lesson_of(
        OPENING, SECTION, ("1",), "**Predict, then run.** How many?", ("2",), "> **Answer.** Two."
    )
    shown = {2: Shown(text="unasked"), 4: Shown(text="two")}
    slides = slides_of(lesson, shown)
    assert [slide.kind for slide in slides][2:] == ["section", "predict", "printed", "answer"]
    assert "two" in slides[4].body
    assert "unasked" not in "".join(slide.body for slide in slides)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("skip", "nowhere"),
        ("notes", "notes"),
        ("slide", "own"),
        ("subslide", "own"),
        ("fragment", "fragment"),
    ],
)
def test_what_the_author_says_goes_before_the_rules(kind, expected):
    said = ("A remark that is apart.", "markdown", {"slideshow": {"slide_type": kind}})
    slides = slides_of(lesson_of(OPENING, SECTION, said, "> **Answer.** Yes."))
    where = [
        place
        for slide in slides
        for place, text in (("body", slide.body), ("notes", "".join(slide.notes)))
        if "that is apart" in text
    ]
    assert where == {"nowhere": [], "notes": ["notes"]}.get(expected, ["body"])
    assert ("own" in [slide.kind for slide in slides]) == (expected == "own")
    assert ('class="fragment"' in "".join(s.body for s in slides)) == (expected == "fragment")


# Running


def test_a_small_lesson_is_run_and_its_figures_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path / "mine"))
    lesson = lesson_of(
        OPENING,
        SECTION,
        (FIGURE,),
        (
            "import os, pathlib\n"
            "pathlib.Path(os.environ['LSTM_COURSE_HOME'], 'trace').write_text('x')",
        ),
        ("assert False", INSTRUCTOR),
    )
    seen = []
    notebook = run_lesson(lesson, lambda position, total: seen.append((position, total)))
    picture = shown_by(notebook["cells"][2]).pictures[0]
    assert picture.caption == "All is `0`, $x < 1$ too."
    assert 'alt="An empty rectangle, &amp; nothing &quot;else&quot;."' in picture.image
    assert picture.image.startswith('<img src="data:image/png;base64,')
    assert seen[-1][1] == len(lesson.notebook["cells"])
    assert not (tmp_path / "mine").exists()  # nobody's progress changes
    shown = {2: shown_by(notebook["cells"][2])}
    page = slides_page(lesson, slides_lesson.lesson_strips(lesson, shown, was_run=True))
    assert page.count("data:image/png;base64,") == 1
    assert "figcaption" in page


def test_a_failing_cell_is_named(monkeypatch, tmp_path):
    lesson = lesson_of(OPENING, SECTION, ("1 / 0",))
    with pytest.raises(RunError) as caught:
        run_lesson(lesson)
    assert str(caught.value) == (
        "Lesson 99 stopped in cell 3 (section 1, ZeroDivisionError: division by zero): run the "
        "notebook in JupyterLab to see why, or use --no-run for slides without figures."
    )
    monkeypatch.setattr("lstm_helpers.workshop.lessons_read.read_lesson", lambda _: lesson)
    with pytest.raises(CommandError, match="stopped in cell 3"):
        command.run("99", out=tmp_path / "s.html")
    assert list(tmp_path.iterdir()) == []


# The page and the command


def test_the_page_asks_no_host_for_anything_and_runs_only_its_own_scripts():
    page = lesson_page(read_lesson("02"), run=False)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert all(one.startswith("'sha256-") for one in rules["script-src"].split())
    outside = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r'\b(src|href)="(?!data:)', outside)
    assert "@import" not in page
    assert not re.search(
        r"url\((?!['\"]?data:)", re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    )


def test_the_command_writes_a_file_and_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.run("0", out=None, execute=False) == 0
    assert "figures and printed results are missing" in capsys.readouterr().out
    page = (tmp_path / "00_slides.html").read_text(encoding="utf-8")
    assert "Made without running the notebook" in page


@pytest.mark.parametrize(
    ("number", "out", "sentence"),
    [
        ("99", None, "There is no lesson '99'"),
        ("xx", None, "There is no lesson 'xx'"),
        ("00", ".", "is a folder; give --out the name of a file"),
        ("00", "absent/slides.html", "There is no folder .*absent; make it first"),
    ],
)
def test_what_makes_no_sense_is_refused(number, out, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongUseError, match=sentence):
        command.run(number, out=None if out is None else tmp_path / out, execute=False)
