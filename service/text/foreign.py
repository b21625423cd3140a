"""Untrusted ids and text as HTML: hidden characters shown, direction isolated, look-alikes marked."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from service.text.lookalikes import Oddity, OddityKind, oddities
from service.text.visible import pieces, turns, visible

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "hidden": "not visible: {name}",
        "mixed": "letters of several scripts: {scripts}",
        "like": "looks like {like} and is not",
        "like_mark": "not {like}",
        "decomposed": "letters and accents apart (not in NFC): looks like another text and is not",
        "decomposed_mark": "not NFC",
    },
    "zh": {
        "hidden": "不可见字符：{name}",
        "mixed": "混用多种文字：{scripts}",
        "like": "看似 {like}，实则不同",
        "like_mark": "非 {like}",
        "decomposed": "字母与附加符号分开编码（非 NFC）：看似另一文本，实则不同",
        "decomposed_mark": "非 NFC",
    },
}
_SCRIPTS = {
    "LATIN": "拉丁",
    "CYRILLIC": "西里尔",
    "GREEK": "希腊",
    "HAN": "汉字",
    "HIRAGANA": "平假名",
    "KATAKANA": "片假名",
    "HANGUL": "谚文",
    "BOPOMOFO": "注音",
    "ARABIC": "阿拉伯",
    "HEBREW": "希伯来",
    "ARMENIAN": "亚美尼亚",
    "CHEROKEE": "切罗基",
    "THAI": "泰",
}


def theirs(text: str, lang: str) -> Markup:
    """Return a publisher's text as HTML: direction isolated, hidden characters in boxes, oddities marked."""
    found = [Markup("<bdi>{}</bdi>").format(boxed(text, lang))]
    found += [
        Markup(' <span class="odd" title="{}">{}</span>').format(_sentence(odd, lang), _mark(odd, lang))
        for odd in oddities(text)
    ]
    return Markup("").join(found)


def boxed(text: str, lang: str) -> Markup:
    """Return a sentence as HTML: hidden characters in boxes, each right-to-left word isolated."""
    return Markup("").join(
        Markup('<span class="hidden-char" title="{}">{}</span>').format(
            WORDS[lang]["hidden"].format(name=piece.name), piece.code
        )
        if piece.hidden
        else _isolated(piece.text)
        for piece in pieces(text)
    )


def plain(text: str, lang: str) -> str:
    """Return a publisher's text without markup, for titles, choices and screen readers.

    Hidden characters are shown, its direction is isolated, and oddities are marked.
    """
    shown = visible(text)
    if any(map(turns, shown)):
        shown = f"\N{FIRST STRONG ISOLATE}{shown}\N{POP DIRECTIONAL ISOLATE}"
    return " ".join([shown, *(f"[{_mark(odd, lang)}]" for odd in oddities(text))])


def _isolated(text: str) -> Markup:
    """Return the text as HTML with each right-to-left word in a <bdi>."""
    if text.isascii() or not any(map(turns, text)):
        return escape(text)
    words = text.split(" ")
    return Markup(" ").join(
        Markup("<bdi>{}</bdi>").format(word) if any(map(turns, word)) else escape(word) for word in words
    )


def _mark(odd: Oddity, lang: str) -> str:
    if odd.kind is OddityKind.MIXED:
        return " + ".join(_script(name, lang) for name in odd.scripts)
    return WORDS[lang][f"{odd.kind}_mark"].format(like=odd.like)


def _sentence(odd: Oddity, lang: str) -> str:
    scripts = ", ".join(_script(name, lang) for name in odd.scripts)
    return WORDS[lang][odd.kind].format(scripts=scripts, like=odd.like)


def _script(name: str, lang: str) -> str:
    english = name.replace("_", " ").title()
    return _SCRIPTS.get(name, english) if lang == "zh" else english
