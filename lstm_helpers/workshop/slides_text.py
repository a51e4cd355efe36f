r"""Markdown with formulas to HTML, for slides: MathML, no script.

Formulas are taken out before the Markdown is read, so that a ``\|`` in a table or a ``*`` in a
formula stays what it is.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

__all__ = ["code_html", "formula", "inline", "markdown", "sentences", "words"]

_CODE = re.compile(r"```.*?```|(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_MATH = re.compile(
    r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<![\\$])\$(?![\s$])(.+?)(?<![\s\\])\$", re.DOTALL
)
_NAMED = re.compile(r"\\(tanh|ln|log|exp|sin|cos)\s+(?=[0-9A-Za-z\\])(?!\\left)")
_SIGN = re.compile(  # a sign behind a bracket, a relation or a comma is none between two numbers
    r"(<mo[^>]*>(?:\(|=|,|&#x00028;|&#x0003D;|&#x0002C;|&#x000B7;|&#x02264;)</mo>)"
    r"<mo>(&#x02212;|&#x0002B;)</mo>"
)
_REFERENCE = re.compile(r" \[\d+(?:, \d+)*\](?!\()")
_LOCAL = re.compile(r'<a href="(?!https?:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_PLACE = re.compile("\ue000(\\d+)\ue001")
_END = re.compile(r"(?:(?<=[.?!:])|(?<=[.?!:]\*\*))\s+(?=[A-Z*`\ue000“\"(])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|No|Fig|Sect|[A-Z])\.)$")


def formula(tex: str, *, block: bool = False) -> str:
    r"""Set a formula as MathML.

    Parameters
    ----------
    tex : str
        LaTeX as lessons use it.
    block : bool, optional
        Whether it stands by itself.

    Returns
    -------
    str
        A ``<math>`` element.

    Examples
    --------
    >>> "&#x022A1;" in formula("a") or "<mi>a</mi>" in formula("a")
    True
    """
    found: str = convert(_mended(tex), display="block" if block else "inline")
    return _SIGN.sub(r'\1<mo form="prefix">\2</mo>', found)


def _mended(tex: str) -> str:
    r"""Write what latex2mathml reads otherwise than LaTeX in a way that both read alike.

    It knows neither ``\arg`` nor ``\textstyle`` nor ``\tfrac`` (inline formulas are set small
    anyway), puts no space between a function and an argument without brackets, and swallows the
    spaces at the ends of a ``\text``.
    """
    tex = (
        tex.replace(r"\textstyle", "")
        .replace(r"\tfrac", r"\frac")
        .replace(r"\arg", r"\mathrm{arg}\,")
    )
    tex = _NAMED.sub(r"\\\1\\,", tex)
    return re.sub(r"\\text\{([^}]*)\}", lambda m: rf"\text{{{_unspaced(m.group(1))}}}", tex)


def _unspaced(text: str) -> str:
    return re.sub(r"^ | $", "\u00a0", text.replace("$", "").replace(r"\_", "_"))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable("table")


def _highlight(source: str, language: str, _: object) -> str:
    return code_html(source) if language == "python" else ""


def markdown(text: str, *, references: bool = True) -> str:
    """Set Markdown as HTML.

    Parameters
    ----------
    text : str
        Any blocks; raw HTML in it is shown, not obeyed.
    references : bool, optional
        Whether references such as ``[3]`` stay.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> markdown("*a*")
    '<p><em>a</em></p>'
    """
    taken, formulas = _take_formulas(text)
    taken = taken if references else _REFERENCE.sub("", taken)
    return _put_formulas(_linked(_parser().render(taken).strip()), formulas)


def inline(text: str) -> str:
    """Set a line of Markdown as HTML, without a paragraph around it and without references.

    Parameters
    ----------
    text : str
        One paragraph.

    Returns
    -------
    str
        HTML.
    """
    taken, formulas = _take_formulas(text)
    taken = _REFERENCE.sub("", taken)  # the list that they point to is not on a slide
    return _put_formulas(_linked(_parser().renderInline(taken).strip()), formulas)


def _linked(html: str) -> str:
    """Leave of a link to another notebook its words: beside the slides there is none."""
    return _LOCAL.sub(r"\1", html)


def words(text: str) -> str:
    """Reduce Markdown to what is read of it: to measure its length, and for labels.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str
        Plain text; of formulas about what is seen.

    Examples
    --------
    >>> words("**A** $x_t$ `b`")
    'A x_t b'
    """
    text = re.sub(r"\\[a-zA-Z]+", "x", text)
    return " ".join(unescape(re.sub(r"[*`$\\{}]", "", text)).split())


def sentences(text: str) -> list[str]:
    """Take a paragraph apart.

    Parameters
    ----------
    text : str
        One paragraph of Markdown.

    Returns
    -------
    list of str
        Its sentences. Formulas and code are never cut.

    Examples
    --------
    >>> sentences("It is $1.5$. So? Yes: `a. B` is it.")
    ['It is $1.5$.', 'So?', 'Yes: `a. B` is it.']
    """
    kept: list[str] = []

    def take(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\ue000{len(kept) - 1}\ue001"

    taken = _MATH.sub(take, _CODE.sub(take, " ".join(text.split())))
    parts: list[str] = []
    for part in _END.split(taken):
        bold = sum(one.count("**") for one in parts[-1:]) % 2
        joined = parts and (_ABBREVIATION.search(parts[-1]) or parts[-1].endswith(":") or bold)
        if joined:
            parts[-1] = f"{parts[-1]} {part}"
        else:
            parts.append(part)
    return [_restored(part, kept) for part in parts if part]


def _restored(text: str, kept: list[str]) -> str:
    while _PLACE.search(text):
        text = _PLACE.sub(lambda match: kept[int(match.group(1))], text)
    return text


def code_html(source: str) -> str:
    """Set Python source as HTML with classes for its colours.

    Parameters
    ----------
    source : str
        The source.

    Returns
    -------
    str
        Spans; put them into ``<pre>``.
    """
    marked: str = highlight(source.rstrip("\n"), PythonLexer(), HtmlFormatter(nowrap=True))
    return marked.rstrip("\n")


def _take_formulas(text: str) -> tuple[str, list[str]]:
    """Replace formulas outside code by placeholders."""
    formulas: list[str] = []

    def take(match: re.Match[str]) -> str:
        block = match.group(1) is not None
        formulas.append(formula((match.group(1) or match.group(2)).strip(), block=block))
        return f"\ue000{len(formulas) - 1}\ue001"

    pieces, at = [], 0
    for code in _CODE.finditer(text):
        pieces += [_MATH.sub(take, text[at : code.start()]), code.group()]
        at = code.end()
    pieces.append(_MATH.sub(take, text[at:]))
    return "".join(pieces), formulas


def _put_formulas(html: str, formulas: list[str]) -> str:
    return _PLACE.sub(lambda match: formulas[int(match.group(1))], html)
