"""Lessons that break a rule are refused, with file, line and a sentence."""

import pytest

from lstm_helpers.authoring import LessonError, build


def problems(folders) -> list[tuple[int, str]]:
    with pytest.raises(LessonError) as caught:
        build(*folders)
    assert not folders.course.exists(), "nothing may be written"
    lines = str(caught.value).splitlines()
    for line, problem in zip(lines, caught.value.problems, strict=True):
        assert line.startswith(f"lessons/{problem.path.name}:{problem.line}: ")
        assert (
            problem.sentence.rstrip("`?").endswith((".", "it", ")")) or problem.sentence[-1] in ".?"
        )
    return [(problem.line, problem.sentence) for problem in caught.value.problems]


def line_of(folders, text: str, nth: int = 1) -> int:
    lines = folders.lesson.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, start=1) if text in line][nth - 1]


def change(folders, old: str, new: str, count: int = 1) -> None:
    text = folders.lesson.read_text(encoding="utf-8")
    assert old in text
    folders.lesson.write_text(text.replace(old, new, count), encoding="utf-8")


def only(folders) -> tuple[int, str]:
    found = problems(folders)
    assert len(found) == 1, found
    return found[0]


RETURN = "    return scale * x\n"
BEGIN = "    # BEGIN SOLUTION\n"
END = "    # END SOLUTION\n"


def test_begin_without_end(folders):
    change(folders, END, "")
    line, sentence = only(folders)
    assert line == line_of(folders, "BEGIN SOLUTION")
    assert "no `# END SOLUTION`" in sentence


def test_end_without_begin(folders):
    change(folders, BEGIN, "")
    line, sentence = only(folders)
    assert line == line_of(folders, "END SOLUTION")
    assert "no `# BEGIN SOLUTION`" in sentence


def test_nested_markers(folders):
    change(folders, RETURN, BEGIN + RETURN)
    line, sentence = only(folders)
    assert line == line_of(folders, "BEGIN SOLUTION", 2)
    assert "inside another" in sentence


def test_exercise_without_markers(folders):
    change(folders, BEGIN + RETURN + END, RETURN)
    line, sentence = only(folders)
    assert line == line_of(folders, "def double")
    assert "needs `# BEGIN SOLUTION`" in sentence


@pytest.mark.parametrize(
    "marker", ["    ### BEGIN SOLUTION\n", "    #BEGIN SOLUTION\n", "    # Begin solution\n"]
)
def test_marker_written_otherwise(folders, marker):
    change(folders, BEGIN, marker)
    line, sentence = problems(folders)[0]
    assert line == line_of(folders, "scale = 2") + 1
    assert "write a marker" in sentence


def test_marker_behind_code(folders):
    change(folders, BEGIN + RETURN, BEGIN + "    return scale * x  # END SOLUTION\n")
    assert "on a line of its own" in problems(folders)[0][1]


@pytest.mark.parametrize("kind", ["# %%\n", "# %% [markdown]\n"])
def test_marker_outside_an_exercise(folders, kind):
    change(folders, "# %%\nimport", kind + "# BEGIN SOLUTION\n\n# %%\nimport")
    line, sentence = only(folders)
    assert line == line_of(folders, "BEGIN SOLUTION")
    assert "may stand only in" in sentence


def test_marker_in_a_check(folders):
    change(folders, "double = check(double)", "double = check(double)\n# BEGIN SOLUTION")
    assert only(folders)[0] == line_of(folders, "= check(double)") + 1


def test_solution_ends_at_another_depth(folders):
    change(folders, END, "        # END SOLUTION\n")
    assert "as far indented" in only(folders)[1]


def test_solution_that_leaves_its_function(folders):
    change(folders, RETURN, RETURN + "\n\ndef other(x):\n    return x\n")
    found = problems(folders)
    assert found[0][0] == line_of(folders, "def other")
    assert "less indented" in found[0][1]


def test_solution_outside_a_function(folders):
    change(folders, "def double(x):\n", "# BEGIN SOLUTION\nA = 1\n# END SOLUTION\ndef double(x):\n")
    line, sentence = only(folders)
    assert line == line_of(folders, "BEGIN SOLUTION")
    assert "inside a function" in sentence


def test_solution_that_is_no_python(folders):
    change(folders, RETURN, "    return scale *\n")
    line, sentence = only(folders)
    assert line == line_of(folders, "return scale *")
    assert "not valid Python" in sentence


def test_stub_that_is_no_python(folders):
    change(folders, BEGIN, "    if x:\n" + BEGIN)
    change(folders, RETURN, "        " + RETURN.strip() + "\n")
    assert "without its solution is not valid Python" in only(folders)[1]


def test_unknown_exercise(folders):
    change(folders, 'exercise="double"', 'exercise="duoble"')
    found = dict(problems(folders))
    line = line_of(folders, "duoble")
    assert (
        found[line] == "there is no exercise `duoble`; did you mean `double`?"
        or "duoble" in found[line]
    )
    with pytest.raises(LessonError, match=rf":{line}: there is no exercise `duoble`; did you mean"):
        build(*folders)


def test_exercise_of_another_lesson(folders):
    cells = (
        '# %% exercise="halve"\ndef halve(x):\n'
        f'{BEGIN}    return x / 2\n{END}\n# %% check="halve"\nhalve = check(halve)\n\n'
    )
    change(folders, "# %%\nnp.ones(2)", cells + "# %%\nnp.ones(2)")
    line, sentence = only(folders)
    assert line == line_of(folders, 'exercise="halve"')
    assert "belongs to lesson 03" in sentence


def test_exercise_that_does_not_define_its_name(folders):
    change(folders, "def double(x)", "def doubled(x)")
    line, sentence = only(folders)
    assert line == line_of(folders, 'exercise="double"')
    assert "must define `double`" in sentence


def test_exercise_without_check(folders):
    change(folders, '# %% check="double"\n', "# %%\n")
    line, sentence = only(folders)
    assert line == line_of(folders, 'exercise="double"')
    assert 'needs a cell `# %% check="double"` after it' in sentence


def test_check_without_exercise(folders):
    change(folders, "# %%\nimport", '# %% check="halve"\nhalve = check(halve)\n\n# %%\nimport')
    line, sentence = only(folders)
    assert line == line_of(folders, 'check="halve"')
    assert "no exercise `halve` in a cell before" in sentence


def test_check_before_its_exercise(folders):
    change(folders, '# %% check="double"\ndouble = check(double)\n', "")
    change(folders, "# %%\nimport", '# %% check="double"\ndouble = check(double)\n\n# %%\nimport')
    assert problems(folders)[0][0] == line_of(folders, 'check="double"')


def test_check_of_another_name(folders):
    change(folders, "double = check(double)", "double = check(triple)")
    assert "must call `check(double)`" in only(folders)[1]


def test_two_checks(folders):
    cell = '# %% check="double"\ndouble = check(double)\n\n'
    change(folders, cell, cell + cell)
    line, sentence = only(folders)
    assert line == line_of(folders, 'check="double"', 2)
    assert f"already on line {line_of(folders, 'check=')}" in sentence


def test_two_exercises_of_one_name(folders):
    change(folders, 'exercise="sign"', 'exercise="double"')
    found = problems(folders)
    assert (line_of(folders, 'exercise="double"', 2)) in dict(found)
    assert any("already on line" in sentence for _, sentence in found)


def test_exercise_of_the_registry_that_is_missing(folders):
    text = folders.lesson.read_text(encoding="utf-8")
    start, end = text.index('# %% exercise="sign"'), text.index("# %% [markdown] tags")
    folders.lesson.write_text(text[:start] + text[end:], encoding="utf-8")
    line, sentence = only(folders)
    assert line == 1
    assert "no cell for its exercise `sign`" in sentence


def test_exercise_and_check_in_one_cell(folders):
    change(folders, '# %% exercise="double"', '# %% exercise="double" check="double"')
    assert any("not both" in sentence for _, sentence in problems(folders))


@pytest.mark.parametrize("key", ["exercise", "check"])
def test_learners_need_exercises_and_checks(folders, key):
    change(folders, f'{key}="double"', f'{key}="double" tags=["instructor"]')
    assert "learners need it" in only(folders)[1]


def test_exercise_in_markdown(folders):
    change(folders, '# %% exercise="sign"', '# %% [markdown] exercise="sign"')
    assert any("must be a code cell" in sentence for _, sentence in problems(folders))


@pytest.mark.parametrize("field", ["number", "title", "minutes"])
def test_missing_header_field(folders, field):
    header = {"number": 'number: "02", ', "title": "title: Doubling, ", "minutes": ", minutes: 30"}
    change(folders, header[field], "")
    line, sentence = only(folders)
    assert line == line_of(folders, "lstm_helpers:")
    assert f"`{field}`" in sentence
    assert "missing" in sentence


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('number: "02"', "number: 02", "in quotes"),
        ('number: "02"', 'number: "03"', 'must be "02"'),
        ("title: Doubling", "title: 7", "must be a text"),
        ("minutes: 30", "minutes: soon", "whole number"),
        ("minutes: 30", "minutes: true", "whole number"),
        ("lstm_helpers: {", "other: {", "needs a line"),
    ],
)
def test_wrong_header_field(folders, old, new, said):
    change(folders, old, new)
    assert said in only(folders)[1]


def test_broken_header(folders):
    change(folders, "minutes: 30}", "minutes: 30")
    line, sentence = only(folders)
    assert line in (4, 5)
    assert "header cannot be read" in sentence


def test_no_header(folders):
    folders.lesson.write_text("# %%\n1\n", encoding="utf-8")
    assert "needs a line" in only(folders)[1]


def test_file_name(folders):
    folders.lesson.rename(folders.lessons / "doubling.py")
    assert "file name" in only(folders)[1]


def test_not_utf8(folders):
    folders.lesson.write_bytes(b"# %% [markdown]\n# caf\xe9\n")
    assert "UTF-8" in only(folders)[1]


def test_two_lessons_of_one_number(folders):
    text = folders.lesson.read_text(encoding="utf-8")
    (folders.lessons / "02_again.py").write_text(text, encoding="utf-8")
    assert "already in 02_again.py" in only(folders)[1]


def test_no_lessons(folders):
    for path in folders.lessons.iterdir():
        path.unlink()
    with pytest.raises(LessonError, match="there is no lesson"):
        build(*folders)


def test_misspelt_option(folders):
    change(folders, 'exercise="double"', 'excercise="double"')
    assert (line_of(folders, "excercise"), "excercise") in [
        (line, sentence.split("`")[1]) for line, sentence in problems(folders)
    ]


@pytest.mark.parametrize("options", ['tags="instructor"', "tags=[1]"])
def test_tags_are_a_list_of_words(folders, options):
    change(folders, 'tags=["instructor"]', options)
    assert "must be a list" in only(folders)[1]


@pytest.mark.parametrize(
    "link",
    [
        "[start](00_begin.ipynb)",
        "[start](00_begin.ipynb#top)",
        "[start](../course/00_start.ipynb)",
        "<a href='00_begin.ipynb'>start</a>",
        "[start]: 00_begin.ipynb",
    ],
)
def test_link_to_nowhere(folders, link):
    change(folders, "# # Lesson 02: Doubling\n", f"# # Lesson 02: Doubling\n# Text.\n#\n# {link}\n")
    line, sentence = only(folders)
    assert line == line_of(folders, link)
    assert "did you mean `00_start.ipynb`?" in sentence


@pytest.mark.parametrize(
    "text",
    ["`[start](00_begin.ipynb)`", "~~~\n# [start](00_begin.ipynb)\n# ~~~", "[x](#here) [y](a.txt)"],
)
def test_what_is_no_link_to_a_notebook(folders, text):
    change(folders, "# # Lesson 02: Doubling\n", f"# # Lesson 02: Doubling\n#\n# {text}\n")
    assert len(build(*folders)) == 4


def test_lines_count_past_markers_inside_texts(folders):
    cell = '# %%\ntext = """\n# %% exercise="no"\n# %%\n"""\n\n'
    change(folders, "# %%\nimport", cell + "# %%\nimport")
    change(folders, END, "")
    assert only(folders)[0] == line_of(folders, "BEGIN SOLUTION")


def test_all_faults_are_told_at_once(folders):
    change(folders, END, "")
    change(folders, "sign = check(sign)", "sign = check(other)")
    (folders.lessons / "00_start.py").write_text("# %%\n", encoding="utf-8")
    assert len(problems(folders)) == 3
