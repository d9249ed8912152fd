"""One calculation with OpenFisca-Core that compares with ours, run by its own interpreter: it is no dependency of this project.

A waiver of the means check (art. 42): an old person, a minor or a disabled one without a livelihood, whoever receives social
assistance, or a migrant worker in a matter of wages or work injury; where none holds, the income against a dated figure.
"""

import json
import statistics
import time

from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

ROUNDS = 2_000
PERIOD = "2026-11"


class Matter(Enum):
    """Enough matters to tell apart."""

    wages = "wages"
    work_injury = "work_injury"
    maintenance = "maintenance"
    loan = "loan"


PERSON = Entity("person", "persons", "Person", "One applicant")


def _input(name: str, kind: type, **more: object) -> type[Variable]:
    return type(
        name,
        (Variable,),
        {"value_type": kind, "entity": PERSON, "definition_period": DateUnit.MONTH, "label": name, **more},
    )


class likely(Variable):  # noqa: N801 -- OpenFisca names a variable by its class
    """Whether aid is likely."""

    value_type = bool
    entity = PERSON
    definition_period = DateUnit.MONTH
    label = "likely"

    def formula(person, period, parameters):  # noqa: N805, ANN001, ANN201 -- OpenFisca's shape
        """Weigh scope, waivers and means."""
        matter = person("matter", period)
        age = person("age", period)
        labour = (matter == Matter.wages) + (matter == Matter.work_injury)
        scope = labour + (matter == Matter.maintenance)
        needy = (age < 18) + (age >= 60) + person("disabled", period)
        waiver = needy * person("no_livelihood", period) + person("assistance", period)
        waiver = waiver + labour * person("migrant", period)
        means = person("income", period) <= parameters(period).hardship
        return scope * (waiver + means) > 0


def system() -> TaxBenefitSystem:
    """Return the little system."""
    found = TaxBenefitSystem([PERSON])
    found.parameters = ParameterNode(
        "", data={"hardship": {"values": {"2022-01-01": {"value": 1800}, "2026-07-01": {"value": 2010.5}}}}
    )
    inputs = [
        _input("matter", Enum, possible_values=Matter, default_value=Matter.loan),
        _input("age", int),
        _input("income", float),
        *(_input(name, bool) for name in ("disabled", "no_livelihood", "assistance", "migrant")),
    ]
    for variable in (*inputs, likely):
        found.add_variable(variable)
    return found


def main() -> None:
    """Time it, a fresh simulation each time, and print the median."""
    rules = system()
    taken = []
    for number in range(ROUNDS):
        person = {
            "matter": {PERIOD: ("wages", "maintenance", "loan")[number % 3]},
            "age": {PERIOD: number % 90},
            "income": {PERIOD: number % 5_000},
            "no_livelihood": {PERIOD: number % 2 == 0},
            "migrant": {PERIOD: number % 5 == 0},
            "likely": {PERIOD: None},
        }
        start = time.perf_counter()
        simulation = SimulationBuilder().build_from_entities(rules, {"persons": {"one": person}})
        simulation.calculate("likely", PERIOD)
        taken.append((time.perf_counter() - start) * 1_000)
    print(json.dumps({"median_ms": statistics.median(taken)}))


if __name__ == "__main__":
    main()
