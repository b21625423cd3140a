"""Both languages say everything."""

import re

from service.board.facets import FACETS
from service.board.notices import NoticeKind
from service.board.pages import STATES
from service.board.translations.translate import LANGUAGES, WORDS, name
from service.sla import facts
from service.sla.announcement import Type
from service.sla.judge import LevelState


def test_chinese_has_every_sentence_and_every_blank_that_english_has() -> None:
    def blanks(lang: str) -> dict[str, set[str]]:
        return {key: set(re.findall(r"{(\w+)}", sentence)) for key, sentence in WORDS[lang].items()}

    assert blanks("zh") == blanks("en")


def test_everything_that_can_happen_has_a_word() -> None:
    needed = {f"condition_{state}" for state in (*LevelState, *STATES)}
    needed |= {f"kind_{kind.word}" for kind in facts.Kind}
    needed |= {f"type_{type_.removeprefix('sla.')}" for type_ in Type}
    needed |= {f"notice_{kind}" for kind in NoticeKind} | set(FACETS)
    for lang in LANGUAGES:
        assert needed <= WORDS[lang].keys()


def test_names_of_policies_are_translated_where_the_letters_have_them() -> None:
    assert [name("preliminary_solution", lang) for lang in LANGUAGES] == ["preliminary solution", "初步解决"]
    assert name("my_clock", "zh") == "my clock"
