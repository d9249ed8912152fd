"""What an office adds to the library as files: its own cards and texts, published at the desk or put there by hand.

Under the home, `curated/cards/*.yml` has the form of our own cards, and `curated/documents/` holds official texts, each
with an optional `.yml` of the same name that says what a person confirmed about it. A `.yml` without a text beside it
speaks of a text that was taken in before. Whoever put a file there, the build finds it.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge_base.card_review import review_filed
from knowledge_base.card_sources import Library
from knowledge_base.cards import UNREADABLE, Card, CardBook, CardInvalid, no_yaml, read_cards, read_registry
from knowledge_base.cards import sources_folder as our_sources
from knowledge_base.corpus import Document, Verified, apply_repeals, in_time, name_in, own_id
from knowledge_base.drafts import Kept, KeptAs, Particulars
from knowledge_base.ingest.parsed import Locate
from knowledge_base.ingest.store import SourcesUnreadable, ingest, load_documents
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import Standing
from knowledge_base.wordings import write_whole

CARD: Final = "card"
DOCUMENT: Final = "document"
_FOLDERS: Final[Mapping[str, str]] = {CARD: "cards", DOCUMENT: "documents"}
_TAKEN: Final = "taken"
_REPLACED: Final = "replaced"
_SHEET: Final = ".yml"
_LOCK: Final = ".lock.json"
_SIGNED: Final = "# 由值班台发布，改动请在值班台进行；直接改这个文件也生效。校验 "
_SIGN_LENGTH: Final = 16
_DIGESTS: Final = TypeAdapter(tuple[tuple[str, str, str], ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet(Particulars):
    """What a file may say of a text beside what the desk's form asks: its standing, who verified that, and when."""

    standing: Literal[Standing.IN_FORCE, Standing.HISTORICAL, Standing.UNKNOWN] | None = None
    verified_on: date | None = None
    verified_by: str | None = None


_PARTICULARS: Final = TypeAdapter(_Sheet)
_VERIFIED: Final = ("standing", "verified_on", "verified_by")


def folder(home: Path) -> Path:
    """Return where the office's own files lie."""
    return home / "curated"


def digest(home: Path) -> str:
    """Return a name for exactly the files that lie there now."""
    whole = hashlib.sha256()
    for file in _files(home):
        whole.update(f"{file.relative_to(home)}\0".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def stamp(home: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes whenever a file does, without reading any."""
    found = ((file, file.stat()) for file in _files(home))
    return tuple((file.name, about.st_mtime_ns, about.st_size) for file, about in found)


def _files(home: Path) -> list[Path]:
    places = (folder(home) / name for name in _FOLDERS.values())
    return sorted(f for place in places if place.is_dir() for f in place.iterdir() if _counts(f))


def _counts(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".") and file.suffix != ".new"


# ---- what the build takes from here


def gather(home: Path, book: CardBook) -> tuple[CardBook, tuple[Document, ...]]:
    """Return our cards with the office's over them, and every text with the office's among them.

    A file that cannot be read, or a card that does not stand up to its sources, costs itself and is named in
    `set_aside`; what it would have replaced is set aside too, for somebody meant it to be no longer said.
    """
    documents, faults = gather_texts(home)
    own = dict(_cards(home, documents, faults))
    ours = {card.id: card for card in book.cards if card.id not in faults and card.id not in own}
    cards = {**ours, **_fit(own, ours, documents, faults)}
    kept = (replace(card, beside=tuple(name for name in card.beside if name in cards)) for card in cards.values())
    return replace(book, cards=tuple(kept), set_aside={**book.set_aside, **faults}), documents


def _cards(home: Path, documents: Sequence[Document], faults: dict[str, str]) -> Iterator[tuple[str, Card]]:
    files = _sheets(home, CARD)
    if not files:
        return
    registry = yaml.safe_load(our_sources().joinpath("documents.yml").read_bytes())
    names = {**{d.id: replace(d, clauses=()) for d in documents}, **read_registry(registry)}
    for file in files:
        for entry in _entries(file, faults):
            try:
                (card,) = read_cards([entry], names, _locked(file), where=file.name)
            except CardInvalid as error:
                faults[_name_of(entry, file)] = str(error)
            else:
                yield card.id, card


def _fit(
    own: Mapping[str, Card], ours: Mapping[str, Card], documents: Sequence[Document], faults: dict[str, str]
) -> Mapping[str, Card]:
    """Return the office's cards that pass the check a draft goes through: whoever wrote the file, the desk or a hand."""
    if not own:
        return {}
    library, regions, matters = Library(documents), Regions.load(), Taxonomy.load().titles
    fit: dict[str, Card] = {}
    for card in own.values():
        found = review_filed(
            card,
            library=library,
            beside=(*ours.values(), *fit.values()),
            knows_region=regions.__contains__,
            knows_matter=matters.__contains__,
        )
        if found:
            faults[card.id] = "; ".join(f"{finding.flaw} {finding.about}".strip() for finding in found)
        else:
            fit[card.id] = card
    return fit


def _read(file: Path, faults: dict[str, str]) -> Any:  # noqa: ANN401 - whatever the file holds; checked by the caller
    """Return what a file holds; None, with its fault told, where it cannot be read."""
    try:
        return yaml.safe_load(file.read_bytes())
    except UNREADABLE as error:
        faults[file.name] = no_yaml(error)
        return None


def _entries(file: Path, faults: dict[str, str]) -> Sequence[object]:
    entries = _read(file, faults)
    if not isinstance(entries, list):
        faults.setdefault(file.name, "里面不是一组问答卡")
        return ()
    return entries


def _name_of(entry: object, file: Path) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else file.name


def _locked(file: Path) -> Mapping[tuple[str, str], str]:
    """Return the digests of what a card was read against. Raises CardInvalid where they were kept and are damaged."""
    lock = file.with_suffix(_LOCK)
    if not lock.is_file():
        return {}
    try:
        return {(document, clause): said for document, clause, said in _DIGESTS.validate_json(lock.read_bytes())}
    except (ValidationError, OSError) as error:
        msg = f"{lock.name} 损坏了，看不出是对照怎样的条文写的：请重新发布"
        raise CardInvalid(msg) from error


def gather_texts(home: Path) -> tuple[tuple[Document, ...], dict[str, str]]:
    """Return all texts; the office's own replace those of the same name, and the office's word on a text counts."""
    faults: dict[str, str] = {}
    taken = load_documents(home)
    sheets = {file.stem: _sheet(file, faults) for file in _sheets(home, DOCUMENT)}
    regions = Regions.load() if _texts(home) else None
    own = [d for text in _texts(home) for d in _read_text(home, text, sheets, faults, locate=_locate_in(regions))]
    if not sheets and not own:
        return taken, faults
    names = {document.id for document in own}
    told = {str(said["document"]): said for said in sheets.values() if said.get("document")}
    known = {document.id for document in taken}
    faults.update({name: "说的是一份还没有收进来的文件" for name in told if name not in known})
    rest = [confirmed(d, told[d.id]) if d.id in told else _unended(d) for d in taken if d.id not in names]
    ends = {d.id: d.superseded_from for d in (*rest, *own) if d.superseded_from}
    ordered = apply_repeals(in_time([*rest, *own]))
    # What follows from the texts is computed anew, from what was confirmed; what a person ended stays ended.
    return tuple(replace(d, superseded_from=_earlier(d.superseded_from, ends.get(d.id))) for d in ordered), faults


def _read_text(
    home: Path, text: Path, sheets: Mapping[str, Mapping[str, Any]], faults: dict[str, str], *, locate: Locate
) -> Iterator[Document]:
    said = sheets.get(text.stem, {})
    place = folder(home) / _TAKEN / text.name
    (report,) = ingest([text], home=place, locate=locate, region=said.get("region"))
    if report.reason:
        faults[text.name] = report.reason
        return
    documents = load_documents(place)
    for document in documents:
        yield confirmed(document, said) if len(documents) == 1 else _unended(document)


def confirmed(document: Document, said: Mapping[str, Any]) -> Document:
    """Return a text with what a person said about it in place of what was read from it, ended only by that person."""
    names = {field.name for field in fields(Particulars)} - {"document", "valid_to"}
    needed = {"title", "region"}
    if said.get("document"):
        needed |= {"issued", "effective_from"}  # editions taken in before are put in order by them
    changes = {name: value for name, value in said.items() if name in names and (value or name not in needed)}
    if changes.get("effective_from"):
        changes["effective_assumed"] = False
    elif document.effective_assumed:
        changes.pop("effective_from", None)  # nobody said otherwise
    changed = replace(document, **changes)
    if said.get("standing"):
        verified = Verified(standing=said["standing"], on=said["verified_on"], by=said["verified_by"])
        changed = replace(changed, verified=verified)
    if not said.get("document"):
        changed = replace(changed, id=_renamed(changed, before=document) if changes else changed.id)
    return replace(changed, superseded_from=said.get("valid_to"))


def _unended(document: Document) -> Document:
    """Return a text without the end that followed from texts beside it, which may since have been corrected."""
    return replace(document, superseded_from=None)


def _renamed(document: Document, *, before: Document) -> str:
    """Return the id of a text as it was corrected; a book of a code stays that book."""
    same = (document.title, document.region) == (before.title, before.region)
    return own_id(
        document.kind,
        name=(name_in(before.id) if same else None) or document.title,
        number=document.number,
        issued=document.issued,
        effective_from=document.effective_from,
    )


def _sheet(file: Path, faults: dict[str, str]) -> dict[str, Any]:
    """Read what a person confirmed; only what the file names counts, so that an absent line leaves what was read."""
    data = _read(file, faults)
    if not isinstance(data, dict):
        faults.setdefault(file.name, "里面不是一份文件信息")
        return {}
    try:
        whole = asdict(_PARTICULARS.validate_python(data, extra="forbid"))
    except ValidationError as error:
        faults[file.name] = str(error)
        return {}
    if len({bool(whole[name]) for name in _VERIFIED}) > 1:
        faults[file.name] = f"{'、'.join(_VERIFIED)} 要一起写：效力如何、哪天核实的、谁核实的"
        return {}
    return {name: value for name, value in whole.items() if name in data}


def _sheets(home: Path, kind: str) -> list[Path]:
    return [f for f in _files(home) if f.parent.name == _FOLDERS[kind] and f.suffix == _SHEET]


def _texts(home: Path) -> list[Path]:
    return [f for f in _files(home) if f.parent.name == _FOLDERS[DOCUMENT] and f.suffix != _SHEET]


def _locate_in(regions: Regions | None) -> Locate:
    def locate(text: str) -> str | None:
        found = regions.find_in(text) if regions else None
        return found.code if found else None

    return locate


def _earlier(first: date | None, second: date | None) -> date | None:
    return min(filter(None, (first, second)), default=None)


# ---- what the desk puts here


def put_card(home: Path, *, key: str, entry: Mapping[str, object], digests: Sequence[tuple[str, str, str]]) -> None:
    """Publish one card, with digests of the clauses it was read against."""
    file = folder(home) / _FOLDERS[CARD] / f"{key}{_SHEET}"
    _keep_hand_made(home, file)
    write_whole(file.with_suffix(_LOCK), json.dumps(list(digests), ensure_ascii=False).encode())
    write_whole(file, _signed([dict(entry)]))


def put_document(
    home: Path, *, key: str, particulars: Particulars, text: bytes | None = None, suffix: str = ""
) -> None:
    """Publish one text with what was confirmed about it, or only the latter for a text taken in before."""
    place = folder(home) / _FOLDERS[DOCUMENT]
    sheet = place / f"{key}{_SHEET}"
    _keep_hand_made(home, sheet)
    if text is not None:
        for other in place.glob(f"{key}.*"):
            if other.suffix not in {_SHEET, suffix}:
                other.unlink()
        write_whole(place / f"{key}{suffix}", text)
    said = asdict(particulars)
    if not particulars.document:
        del said["document"]
    before = _sheet(sheet, {}) if sheet.is_file() else {}
    if before.get("standing"):  # the form does not ask, and must not forget
        said |= {name: before[name] for name in _VERIFIED} | {"standing": before["standing"].value}
    write_whole(sheet, _signed(said))


def _signed(data: object) -> bytes:
    body = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000)
    return f"{_SIGNED}{_sign(body)}\n{body}".encode()


def _sign(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:_SIGN_LENGTH]


def by_hand(file: Path) -> bool:
    """Tell a file that was written or altered by hand from one the desk published."""
    first, _, body = file.read_text("utf-8", errors="replace").partition("\n")
    return first != f"{_SIGNED}{_sign(body)}"


def _keep_hand_made(home: Path, file: Path) -> None:
    """Put aside what somebody wrote by hand before the desk writes over it."""
    if file.is_file() and by_hand(file):
        kept = folder(home) / _REPLACED
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, kept / f"{file.stem}-{_sign(file.read_text('utf-8', errors='replace'))}{_SHEET}")


def listing(home: Path) -> Iterator[Kept]:
    """Give the office's files as a list shows them; what is wrong with one is for the build to say."""
    for file in _sheets(home, CARD):
        hand = file.name if by_hand(file) else None
        for entry in _entries(file, {}):
            asked = entry.get("ask") if isinstance(entry, dict) else None
            ask = [str(one) for one in asked] if isinstance(asked, list) and asked else [file.name]
            yield Kept(
                kind=CARD,
                key=_name_of(entry, file),
                title=ask[0],
                also=tuple(ask[1:]),
                state=KeptAs.WAITING,
                file=hand,
            )
    sheets = {file.stem: file for file in _sheets(home, DOCUMENT)}
    texts = {file.stem: file for file in _texts(home)}
    for stem in sorted({*sheets, *texts}):
        sheet, text = sheets.get(stem), texts.get(stem)
        said = _sheet(sheet, {}) if sheet else {}
        file = text or sheets[stem]
        one = Kept(
            kind=DOCUMENT,
            key=stem,
            title=str(said.get("title") or file.name),
            state=KeptAs.WAITING,
            file=file.name if sheet is None or by_hand(sheet) else None,
        )
        became = _became(home, text, said) if text else [str(said.get("document") or "")]
        yield from (replace(one, document=name or None) for name in became or [""])


def _became(home: Path, text: Path, said: Mapping[str, Any]) -> Sequence[str]:
    """Return the names under which the last build took a file's texts in; none, where that can no longer be told."""
    try:
        documents = load_documents(folder(home) / _TAKEN / text.name)
    except SourcesUnreadable:
        return ()
    return [confirmed(d, said).id if len(documents) == 1 else d.id for d in documents]
