"""What staff write for the knowledge base before it is part of it, and what a check has to say about it (拟稿).

Plain data without behaviour, so that the desk can hold drafts without importing an index or a model.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge_base.types import NATION, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """出处 as a person writes it: title or number of a text, a clause, and the words of it that carry the answer."""

    document: str
    clause: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDraft:
    """问答卡 as proposed."""

    id: str
    questions: tuple[str, ...]
    answer: str
    sources: tuple[SourceDraft, ...] = ()
    matters: tuple[str, ...] = ()
    region: str = NATION
    valid_from: date | None = None
    valid_to: date | None = None
    """The first day on which the card answers no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """文件信息: what a person confirmed of a text; `document` names one that was taken in before, else it is the file's."""

    title: str = ""
    number: str | None = None
    issuer: str | None = None
    region: str = NATION
    issued: date | None = None
    published: date | None = None
    effective_from: date | None = None
    plan_end: date | None = None
    valid_to: date | None = None
    """The first day on which the text is used no more."""
    document: str | None = None


class Flaw(StrEnum):
    """What is wrong with a draft. The list is closed; the console has the words."""

    ID_MALFORMED = "id_malformed"
    QUESTION_MISSING = "question_missing"
    ANSWER_MISSING = "answer_missing"
    ANSWER_TOO_LONG = "answer_too_long"
    CONTACT_IN_ANSWER = "contact_in_answer"
    SOURCE_MISSING = "source_missing"
    DOCUMENT_UNKNOWN = "document_unknown"
    DOCUMENT_ENDED = "document_ended"
    CLAUSE_UNKNOWN = "clause_unknown"
    WORDS_MISSING = "words_missing"
    WORDS_NOT_IN_CLAUSE = "words_not_in_clause"
    FIGURE_NOT_FIRST = "figure_not_first"
    FIGURE_NOT_IN_SOURCE = "figure_not_in_source"
    NEAR_DUPLICATE = "near_duplicate"
    MATTER_UNKNOWN = "matter_unknown"
    REGION_UNKNOWN = "region_unknown"
    REGION_TOO_WIDE = "region_too_wide"
    PERIOD_EMPTY = "period_empty"
    TITLE_MISSING = "title_missing"
    CLAUSES_MISSING = "clauses_missing"
    TEXT_UNKNOWN = "text_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One flaw, and the words it is about."""

    flaw: Flaw
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSeen:
    """A source as it stands in the library: the clause's own words beside what the draft says of it."""

    source: SourceDraft
    document_id: str | None = None
    title: str = ""
    number: str | None = None
    clause: str = ""
    text: str = ""
    standing: Standing = Standing.UNKNOWN
    issued: date | None = None
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """校验: what stands in the way of a draft, and the sources it was held against."""

    problems: tuple[Finding, ...] = ()
    sources: tuple[SourceSeen, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether nothing stands in the way."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """One clause of an uploaded text as it was cut, or a line that found no place."""

    mark: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRead:
    """An uploaded text as the same reading understands it that takes texts in from the command line."""

    particulars: Particulars
    clauses: tuple[Excerpt, ...]
    fingerprint: str
    """The same for the same text, whatever kind of file it came in."""
    problems: tuple[Excerpt, ...] = ()


class TextRefused(Exception):
    """An uploaded text cannot be taken in; `reason` says why."""

    code = "text_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason; it speaks of the file's form, never of its words."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was not answered, or not surely; `asker` only tells one conversation from another."""

    words: str
    asker: str
    matter: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What the library holds that comes nearest to a question."""

    entry: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """一类问题: phrases that several people used, how often it was asked, and what lies nearest to it."""

    phrases: tuple[str, ...]
    count: int
    people: int
    matter: str | None = None
    card: Near | None = None
    clause: Near | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An answer whose source ends soon, or has ended; `why` is the standing it comes to."""

    entry: str
    title: str
    source: str
    ends: date
    why: Standing
    uses: int


class KeptAs(StrEnum):
    """How something of the library serves now."""

    IN_USE = "in_use"
    QUOTED = "quoted"
    """A clause under a card was reworded since the card was read against it: the clause itself answers."""
    SILENT = "silent"
    """We know that the texts do not answer this, and say so."""
    WAITING = "waiting"
    """Lies there as a file, and no build has taken it in yet."""
    SET_ASIDE = "set_aside"
    """Does not stand up to its sources, or cannot be read: it does not answer until somebody has mended it."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """一条: a card or a text of the library, as a list shows it.

    A text that came with the library is named by `document`, its id there; one that lies among the office's own files
    by `key`, as a card is.
    """

    kind: str
    key: str
    title: str
    also: tuple[str, ...] = ()
    """Other words it is looked for by: the other ways of asking, the number of a text."""
    region: str = NATION
    number: str | None = None
    issued: date | None = None
    document: str | None = None
    standing: Standing | None = None
    """Of a text; of a card, what has become of a text it rests on, where that has ended."""
    state: KeptAs = KeptAs.IN_USE
    file: str | None = None
    """The file, where it was put or altered as one, not published at the desk."""

    @property
    def by_hand(self) -> bool:
        """Tell whether somebody put or altered it as a file."""
        return self.file is not None

    @property
    def words(self) -> str:
        """Return everything that it is looked for by, a line each."""
        return "\n".join((self.title, self.key, self.number or "", *self.also))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """书架: what the library holds now, and whether a newer state waits to be built."""

    build: str | None
    kept: tuple[Kept, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    """Cards and files that are set aside, each with its reason."""
    absent: tuple[str, ...] = ()
    """Titles of texts that cards rest on and that were never taken in: those cards answer, and cannot be held against them."""
    waiting: bool = False
