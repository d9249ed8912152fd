"""The rulebook without its list of contradictions, for the laws that hold of rules alone."""

from knowledge_base.assess import PLACES, Assessor
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.engine import Engine


def without_contradictions(whole: Assessor) -> Assessor:
    """Return the same assessor, to which any two answers can both be so."""
    book, regions = whole.engine.rulebook, Regions.load()
    rules = Rulebook(facts=book.facts, contradictions=(), places=book.places, digest=book.digest)
    return Assessor(
        engine=Engine(rules, matters=whole.engine.matters, works=whole.engine.works),
        directory=Directory.load(PLACES, regions),
        regions=regions,
    )
