"""Which language a message is in, where it is none that anything here understands: by its script, and for Latin letters by words.

Nobody is advised by machine in another language: they read a fixed line, and a person is told which interpreter to bring.
"""

import re
from collections.abc import Mapping
from typing import Final

from actions import asides
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn, with_extra
from actions.wire import Say, TextReply
from api.services.conversations import LANGUAGE

OTHER: Final = "other"
ENGLISH: Final = "en"
_NOT_SAID: Final = re.compile(r"<pii:[^>]*>|https?://\S+|\S+@\S+|［[^］]*］")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_ENOUGH_CHINESE: Final = 4
"""Chinese characters from which a message is read as Chinese, whatever else stands in it."""
_A_CHARACTER_SAYS: Final = 3
"""Letters of an alphabet that say about as much as one Chinese character."""
_SCRIPTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("ja", re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")),
    ("ko", re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")),
    ("bo", re.compile(r"[\u0f40-\u0fbc]")),
    ("mn", re.compile(r"[\u1820-\u18aa]")),
    ("ii", re.compile(r"[\ua000-\ua48c]")),
    ("th", re.compile(r"[\u0e01-\u0e4f]")),
    ("lo", re.compile(r"[\u0e81-\u0edd]")),
    ("my", re.compile(r"[\u1000-\u109f]")),
)
_ARABIC: Final = re.compile(r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufeff]")
_KAZAKH_ARABIC: Final = re.compile(r"[\u0674]|(?:^|\s)\u0621(?=[\u0620-\u06ff])")
_UYGHUR: Final = re.compile(r"[\u06d5\u06d0\u06c6\u06c8\u06cb\u06ad]")
_KAZAKH_ARABIC_WORDS: Final = re.compile(r"[\u06d5\u06c6\u06cb]")
_UYGHUR_ONLY: Final = re.compile(r"\u0626|[\u06d0\u06c8]")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_KAZAKH_CYRILLIC: Final = re.compile(r"[әғқұһі]", re.IGNORECASE)
_KYRGYZ: Final = re.compile(r"ң", re.IGNORECASE)
_MONGOLIAN_CYRILLIC: Final = re.compile(
    r"[өү]|\b(?:би|бид|та|байна|вэ|юу|надад|миний|чадах|хэрэгтэй|тусал)\b", re.IGNORECASE
)
_VIETNAMESE: Final = re.compile(
    r"[ăđơưắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữựạảẹẻẽịỉọỏụủỳỵỷỹ]|\b(?:tôi|không|của|và|là|được|tiền|lương)\b", re.IGNORECASE
)
_CALLS_IN_ENGLISH: Final = re.compile(
    r"\W*(?:(?:hello|hi|hey)(?:\s+there)?\s*[?？]+|excuse me|(?:is\s+)?any(?:body|one)\s+(?:there|here)|(?:please\s+)?help(?:\s+me)?(?:\s+please)?"
    r"|(?:do\s+you\s+speak\s+)?english|english\s+please)\W*",
    re.IGNORECASE,
)
"""Too few words to tell by; a plain «hello» is said by many who speak Chinese."""
_ZHUANG: Final = frozenset(
    [
        "gou",
        "mwngz",
        "raeuz",
        "sou",
        "dwg",
        "mbouj",
        "miz",
        "vunz",
        "ngoenz",
        "neix",
        "haenx",
        "gyoengqde",
        "ndaej",
        "ngaenz",
        "hoj",
        "bang",
        "aeu",
        "caeuq",
        "cuengh",
        "vahcuengh",
        "daeuj",
        "bae",
        "gwn",
        "hong",
        "bouxcuengh",
        "gonq",
        "lai",
        "ndei",
        "gijmaz",
    ]
)
_ENGLISH_WORDS: Final = frozenset(
    [
        "i",
        "my",
        "me",
        "we",
        "our",
        "you",
        "your",
        "he",
        "she",
        "they",
        "it",
        "is",
        "am",
        "are",
        "was",
        "were",
        "be",
        "been",
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "not",
        "no",
        "do",
        "does",
        "did",
        "don't",
        "doesn't",
        "didn't",
        "have",
        "has",
        "had",
        "what",
        "where",
        "when",
        "who",
        "how",
        "why",
        "can",
        "could",
        "will",
        "would",
        "should",
        "please",
        "help",
        "boss",
        "company",
        "wages",
        "wage",
        "salary",
        "money",
        "pay",
        "paid",
        "paying",
        "owe",
        "owes",
        "work",
        "worked",
        "worker",
        "job",
        "months",
        "month",
        "years",
        "need",
        "want",
        "lawyer",
        "legal",
        "police",
        "divorce",
        "husband",
        "wife",
        "child",
        "hit",
        "hurt",
        "passport",
        "contract",
        "fired",
        "landlord",
        "rent",
        "from",
        "in",
        "on",
        "at",
        "for",
        "with",
        "of",
        "to",
        "this",
        "that",
        "there",
        "speak",
        "english",
        "understand",
        "know",
        "get",
        "give",
        "gave",
        "call",
        "ignore",
        "all",
        "previous",
        "instructions",
    ]
)
_LATIN_LETTERS: Final = 8
_FEWEST_WORDS: Final = 2
_A_SENTENCE: Final = 3
"""Words from which Latin letters are a sentence and no brand, greeting or model of a telephone."""
_SYLLABLE: Final = re.compile(
    r"(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ui|ao|ou|iu|ie|ve|ue|er|an|en|in|un|ia|ua|uo|a|o|e|i|u|v)"
)
_PINYIN: Final = re.compile(rf"(?:{_SYLLABLE.pattern})+[1-5]?")
_AMBIGUOUS: Final = frozenset(
    [
        "a",
        "an",
        "e",
        "he",
        "me",
        "she",
        "we",
        "you",
        "i",
        "can",
        "long",
        "men",
        "women",
        "then",
        "pen",
        "hen",
        "den",
        "fan",
        "ban",
        "pan",
        "man",
        "ran",
        "sun",
        "gun",
        "fun",
        "run",
        "song",
        "gang",
        "bang",
        "dang",
        "hang",
    ]
)


def heard(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer whoever writes in a language that nothing here understands; None for everybody else."""
    del services
    if turn.state.asked_private or turn.payload:
        return None
    code = language_of(turn.text)
    if code is None:
        return None
    state = with_extra(turn.state, **{LANGUAGE: code})
    reply = TextReply(say=Say.OTHER_LANGUAGE, args={"language": code}, choices=(HUMAN,))
    return Outcome(state=state, replies=(reply,), form=asides.form_of(state), language=code)


def language_of(text: str, /) -> str | None:
    """Return the code of the language, «other» for one that has no line of its own, None for Chinese and for no language."""
    said = _NOT_SAID.sub(" ", text)
    if _CALLS_IN_ENGLISH.fullmatch(said):
        return ENGLISH
    chinese, letters = len(_HAN.findall(said)), len(_LETTERS.findall(said))
    foreign = letters - chinese
    if len(_SCRIPTS[0][1].findall(said)) >= _FEWEST_WORDS:
        return _SCRIPTS[0][0]
    if chinese >= _ENOUGH_CHINESE:
        return None
    if foreign < _FEWEST_WORDS or chinese * _A_CHARACTER_SAYS >= foreign:
        return None
    return _by_script(said) or _latin(said, foreign)


def _by_script(said: str) -> str | None:
    counts: Mapping[str, int] = {code: len(script.findall(said)) for code, script in _SCRIPTS}
    most = max(counts, key=lambda code: counts[code])
    if counts[most] >= _FEWEST_WORDS:
        return most
    if len(_ARABIC.findall(said)) >= _FEWEST_WORDS:
        return _arabic(said)
    return _cyrillic(said) if len(_CYRILLIC.findall(said)) >= _FEWEST_WORDS else None


def _arabic(said: str) -> str:
    if _KAZAKH_ARABIC.search(said) or (_KAZAKH_ARABIC_WORDS.search(said) and not _UYGHUR_ONLY.search(said)):
        return "kk"
    return "ug" if _UYGHUR.search(said) else "ar"


def _cyrillic(said: str) -> str:
    if _KAZAKH_CYRILLIC.search(said):
        return "kk-Cyrl"
    if _KYRGYZ.search(said):
        return "ky"
    return "mn-Cyrl" if _MONGOLIAN_CYRILLIC.search(said) else "ru"


def _latin(said: str, letters: int) -> str | None:
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", said.lower())
    if _VIETNAMESE.search(said):
        return "vi"
    if letters < _LATIN_LETTERS or len(words) < _A_SENTENCE:
        return None
    if sum(word in _ZHUANG for word in words) * _A_SENTENCE >= len(words):
        return "za"
    english = sum(word in _ENGLISH_WORDS and word not in _AMBIGUOUS for word in words)
    if english >= _FEWEST_WORDS:
        return ENGLISH
    # Chinese written in Latin letters is Chinese, if hard to read.
    if all(_PINYIN.fullmatch(word) for word in words):
        return None
    return OTHER if len(words) > _A_SENTENCE else None
