"""What the board says, by language."""

from collections.abc import Mapping

from service.board.translations import en as english
from service.board.translations import zh as chinese

WORDS: Mapping[str, Mapping[str, str]] = {"en": english.SENTENCES, "zh": chinese.SENTENCES}
LANGUAGES = tuple(WORDS)

# Clocks, levels and codes are names of policy files and events: only the letters' are translated.
NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {},
    "zh": {
        "response": "响应",
        "resolution": "完成",
        "preliminary_solution": "初步解决",
        "result": "处理结果",
        "refusal": "拒绝受理",
        "follow_up": "回访",
        "activity": "处理",
        "technical_support": "技术支持",
        "channel_choice": "可选渠道",
        "warning": "预警",
        "minor": "一般违约",
        "major": "严重违约",
        "breach": "违约",
        "online": "在线",
        "phone": "电话",
        "email": "邮件",
        "other": "其他",
        "general": "一般",
        "complex": "复杂",
    },
}


def name(word: str, lang: str) -> str:
    """A name of a policy file or a code of an event, for people."""
    return NAMES[lang].get(word) or word.replace("_", " ")
