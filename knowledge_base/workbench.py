"""The library as the office's desk works on it: reviews drafts, publishes what was approved, and tells what needs care (编修台).

Everything here may take seconds: call it in a thread.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from knowledge_base import clusters, curated, wordings
from knowledge_base.answer import KnowledgeBase
from knowledge_base.calibration import Calibration
from knowledge_base.card_review import Sources, draft_of, review_card
from knowledge_base.card_sources import clause_digest
from knowledge_base.cards import load_cards
from knowledge_base.corpus import Clause, Document
from knowledge_base.drafts import (
    Asked,
    CardDraft,
    Cluster,
    Ending,
    Excerpt,
    Finding,
    Flaw,
    Near,
    Particulars,
    Review,
    Shelf,
    TextRead,
    TextRefused,
)
from knowledge_base.index import Index
from knowledge_base.index_files import read_manifest
from knowledge_base.ingest.store import load_documents
from knowledge_base.shelf import read_shelf
from knowledge_base.types import NATION, Standing

ROOT: Final = Path(__file__).resolve().parents[1]
SUFFIXES: Final = frozenset({".txt", ".md", ".html", ".htm", ".docx", ".pdf"})
"""Kinds of file that hold one text; collections are taken in from the command line."""
_SAME_QUESTION: Final = 2.5
"""In spreads above what unrelated questions reach by accident: as for a card that answers."""
_LOOK_AT: Final = 20


@dataclass(slots=True)
class Workbench:
    """One home's library, opened by whoever serves it."""

    home: Path
    using: Callable[[], AbstractContextManager[KnowledgeBase]]
    """Lend the library as it answers now. Raises KnowledgeUnavailable."""
    knows_region: Callable[[str], bool]
    knows_matter: Callable[[str], bool]
    read_within: float = 60
    """Seconds that the reading of an uploaded text may take: one that never ends must not hold a seat for good."""
    _sources: Sources | None = field(default=None, init=False)
    _shelf: tuple[object, Shelf] | None = field(default=None, init=False)

    # ---- drafts

    def review_card(self, draft: CardDraft, /, *, on: date) -> Review:
        """Hold a card against its sources. Raises KnowledgeUnavailable."""
        with self.using() as base:
            return review_card(
                draft,
                sources=self._shelved(base),
                on=on,
                knows_region=self.knows_region,
                knows_matter=self.knows_matter,
            )

    def review_document(self, particulars: Particulars, /, *, clauses: int) -> Review:
        """Look whether what is said about a text can be. Raises KnowledgeUnavailable."""
        about = particulars.document
        begin, end = particulars.effective_from, particulars.valid_to
        held = (
            (not particulars.title, Flaw.TITLE_MISSING),
            (particulars.region != NATION and not self.knows_region(particulars.region), Flaw.REGION_UNKNOWN),
            (begin is not None and end is not None and end <= begin, Flaw.PERIOD_EMPTY),
            (about is None and not clauses, Flaw.CLAUSES_MISSING),
            (about is not None and self.text(about) is None, Flaw.TEXT_UNKNOWN),
        )
        return Review(problems=tuple(Finding(flaw=flaw) for wrong, flaw in held if wrong))

    def read_text(self, name: str, content: bytes, /, *, region: str | None) -> TextRead:
        """Read an uploaded text by the very command that takes texts in, apart from this process. Raises TextRefused."""
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise TextRefused("kind")
        with tempfile.TemporaryDirectory() as scratch:
            text, home = Path(scratch) / f"{Path(name).stem[:80] or 'text'}{suffix}", Path(scratch) / "home"
            text.write_bytes(content)
            command = [sys.executable, "-m", "knowledge_base.apart", "ingest", str(text), "--home", str(home), "--json"]
            try:
                done = subprocess.run(  # noqa: S603 - our own program and a file of our own naming
                    [*command, *(["--region", region] if region else [])],
                    capture_output=True,
                    cwd=ROOT,
                    timeout=self.read_within,
                    check=False,
                )
                (report,) = json.loads(done.stdout)
            except subprocess.TimeoutExpired as late:
                raise TextRefused("slow") from late
            except ValueError as failure:
                raise TextRefused("unreadable") from failure
            if report["reason"]:
                raise TextRefused(str(report["reason"]))
            documents = load_documents(home)
        if len(documents) != 1:
            raise TextRefused("several")
        return TextRead(
            particulars=particulars_of(documents[0]),
            clauses=tuple(Excerpt(mark=c.mark, text=c.text, line=c.line) for c in documents[0].clauses),
            fingerprint=_fingerprint(documents[0]),
            problems=tuple(Excerpt(mark="", text=p["text"], line=p["line"]) for p in report["problems"]),
        )

    def held(self, read: TextRead, /) -> str | None:
        """Return the name of a text in use that says the same, clause by clause. Raises KnowledgeUnavailable."""
        brought, said = read.particulars, _says(read.clauses)
        with self.using() as base:
            sources = self._shelved(base)
            named = (d for d in sources.named(brought.title, brought.number) if _may_be(d, brought))
            return next((d.id for d in named if _says(sources.whole(d).clauses) == said), None)

    # ---- what was approved

    def publish_card(self, draft: CardDraft, /, *, on: date) -> None:
        """Put a card into the library's folder; the next build takes it in. Raises KnowledgeUnavailable."""
        cite: list[dict[str, object]] = []
        digests: list[tuple[str, str, str]] = []
        with self.using() as base:
            for source in draft.sources:
                found = self._shelved(base).find(source, on=on)
                of, at = (found.document.id, found.reference.clause) if found else (source.document, source.clause)
                cite.append({"of": of, "at": at, "has": list(source.words)})
                if found and found.clause:
                    digests.append((of, found.reference.mark, clause_digest(found.clause.text)))
        entry: dict[str, object] = {"id": draft.id, "ask": list(draft.questions), "answer": draft.answer, "cite": cite}
        entry |= {"matters": list(draft.matters), "region": draft.region}
        entry |= {"valid_from": draft.valid_from, "valid_to": draft.valid_to}
        curated.put_card(self.home, key=draft.id, entry=entry, digests=digests)

    def publish_document(self, key: str, particulars: Particulars, /, *, text: bytes | None, suffix: str) -> None:
        """Put a text, or what was confirmed about one, into the library's folder."""
        curated.put_document(self.home, key=key, particulars=particulars, text=text, suffix=suffix)

    # ---- what is there

    def shelf(self, *, on: date) -> Shelf:
        """Return what the library holds and what is wrong with it; an unbuilt library holds nothing. Raises KnowledgeUnavailable."""
        manifest, stamp = read_manifest(self.home), curated.stamp(self.home)
        if manifest is None:
            return Shelf(build=None, kept=tuple(curated.listing(self.home)), waiting=True)
        built = (self.home / "index" / "CURRENT").stat().st_mtime_ns
        with self.using() as base:
            seen = (wordings.build_name(base.searcher.index.manifest), stamp, built, on)
            if self._shelf is None or self._shelf[0] != seen:
                waiting = any(changed > built for _, changed, _ in stamp)
                self._shelf = seen, read_shelf(self.home, base.searcher.index, on=on, waiting=waiting)
        return self._shelf[1]

    def card(self, key: str, /) -> CardDraft | None:
        """Return a card in use, or one of ours that was set aside, as a draft to go on from. Raises KnowledgeUnavailable."""
        with self.using() as base:
            index = base.searcher.index
            held, set_aside = index.cards, index.manifest["stale_cards"]
        found = next((card for card in held if card.id == key), None)
        if found is None and key in set_aside:
            found = next((card for card in load_cards().cards if card.id == key), None)
        return draft_of(found) if found else None

    def text(self, document_id: str, /) -> Particulars | None:
        """Return what is known of a text in use. Raises KnowledgeUnavailable."""
        with self.using() as base:
            found = next((d for d in base.searcher.index.documents if d.id == document_id), None)
        return replace(particulars_of(found), document=found.id, valid_to=found.superseded_from) if found else None

    def clauses(self, document_id: str, /) -> tuple[Excerpt, ...]:
        """Return the clauses of a text in use; none for an unknown one. Raises KnowledgeUnavailable."""
        with self.using() as base:
            known = (d for d in base.searcher.index.documents if d.id == document_id)
            whole = (self._shelved(base).whole(document) for document in known)
            return tuple(Excerpt(mark=c.mark, text=c.text, line=c.line) for d in whole for c in d.clauses)

    def earlier(self, version: str, /) -> CardDraft | None:
        """Return a card as it was worded when it was said; None for an unknown version."""
        found = wordings.earlier_card(self.home, version)
        return draft_of(found) if found else None

    # ---- what needs care

    def cluster(self, questions: Sequence[Asked], /, *, least: int, on: date) -> tuple[Cluster, ...]:
        """Gather questions, telling nothing that fewer than `least` people said. Raises KnowledgeUnavailable."""
        if not questions:
            return ()
        with self.using() as base:
            groups = _groups(base, [question.words for question in questions])
            return tuple(_cluster(base, [questions[n] for n in group], least=least, on=on) for group in groups)

    def endings(self, *, uses: Mapping[str, int], on: date, within: timedelta) -> tuple[Ending, ...]:
        """Return the answers whose sources end soon, and those still given whose sources have. Raises KnowledgeUnavailable."""
        with self.using() as base:
            found = list(_endings(base.searcher.index, uses))
        # What somebody has taken out of use is no longer given, however often it was.
        soon = [one for one in found if one.ends <= on + within and (one.ends > on or (one.uses and one.source))]
        return tuple(sorted(soon, key=lambda one: (-one.uses, one.ends, one.entry)))

    def _shelved(self, base: KnowledgeBase) -> Sources:
        index = base.searcher.index
        if self._sources is None or self._sources.index is not index:
            self._sources = Sources(index)
        return self._sources


def build_command(home: Path, *, embedder_spec: str) -> tuple[str, ...]:
    """Return the command that builds a home's index apart from this process; run it in `ROOT`."""
    options = ("--home", str(home.resolve()), "--model", embedder_spec, "--json")
    return (sys.executable, "-m", "knowledge_base.apart", "build", *options)


def particulars_of(document: Document) -> Particulars:
    """Return what was read of a text, for a person to confirm."""
    return Particulars(
        title=document.title,
        number=document.number,
        issuer=document.issuer,
        region=document.region,
        issued=document.issued,
        published=document.published,
        effective_from=None if document.effective_assumed else document.effective_from,
        plan_end=document.plan_end,
    )


def _says(clauses: Sequence[Clause | Excerpt]) -> tuple[tuple[str, str], ...]:
    return tuple((clause.mark, clause_digest(clause.text)) for clause in clauses)


def _may_be(document: Document, brought: Particulars) -> bool:
    """Tell whether nothing speaks against two texts being one: next year's plan may repeat this year's word for word."""
    pairs = ((document.number, brought.number), (document.issued, brought.issued))
    return all(held is None or said is None or held == said for held, said in pairs)


def _fingerprint(document: Document) -> str:
    """Return a name for exactly this text: its clauses, and what tells it from next year's in the same words."""
    whole = repr((document.number, document.issued, _says(document.clauses)))
    return hashlib.sha256(whole.encode()).hexdigest()


def _groups(base: KnowledgeBase, words: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return which questions belong together: by meaning, or by words where there is no model."""
    vectors = [base.embed(text) for text in words]
    if any(vector is None for vector in vectors):
        return clusters.gathered(clusters.by_words(words), alike=clusters.WORDS_ALIKE)
    scale = Calibration.from_json(base.searcher.index.manifest["calibration"]).cards
    likeness = clusters.by_meaning(np.stack([vector for vector in vectors if vector is not None]))
    return clusters.gathered(likeness, alike=scale.mean + _SAME_QUESTION * scale.spread)


def _endings(index: Index, uses: Mapping[str, int]) -> Iterator[Ending]:
    links = index.manifest["links"]
    for card in index.cards:
        linked = [index.entry_of(link) for link in links.get(card.id, ()) if link]
        documents = [index.document_of(at) for at in linked if at is not None]
        ends = list(_ends(documents or [reference.document for reference in card.references]))
        if card.valid_to and card.valid_to not in {end for end, _, _ in ends}:
            ends.append((card.valid_to, "", Standing.SUPERSEDED))
        if ends and not card.gap:
            yield _ending(f"card:{card.id}", card.questions[0], min(ends), uses)
    for entry in uses:
        at = None if entry.startswith("card:") else index.entry_of(entry)
        if at is not None and (ends := list(_ends([index.document_of(at)]))):
            yield _ending(entry, index.clause(at).mark, min(ends), uses)


def _cluster(base: KnowledgeBase, questions: Sequence[Asked], *, least: int, on: date) -> Cluster:
    region = Counter(question.region for question in questions).most_common(1)[0][0]
    matter = Counter(question.matter for question in questions).most_common(1)[0][0]
    said = clusters.phrases(questions, least=least)
    card = clause = None
    if said:
        for hit in base.search(" ".join(said), region=region, on=on, k=_LOOK_AT):
            near = Near(entry=hit.passage.id, title=f"{hit.passage.title} {hit.passage.clause}", text=hit.passage.text)
            if hit.passage.id.startswith("card:"):
                card = card or replace(near, title=hit.passage.title)
            else:
                clause = clause or near
    people = len({question.asker for question in questions})
    return Cluster(phrases=said, count=len(questions), people=people, matter=matter, card=card, clause=clause)


def _ends(documents: Sequence[Document]) -> Iterator[tuple[date, str, Standing]]:
    for document in documents:
        if document.plan_end:
            yield document.plan_end, document.title, Standing.PLAN_ENDED
        if document.superseded_from:
            yield document.superseded_from, document.title, Standing.SUPERSEDED


def _ending(entry: str, title: str, end: tuple[date, str, Standing], uses: Mapping[str, int]) -> Ending:
    ends, source, why = end
    return Ending(entry=entry, title=title, source=source, ends=ends, why=why, uses=uses.get(entry, 0))
