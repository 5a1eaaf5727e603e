"""F01: the sweep over statements and commits."""

from faults.case import Case, Outcome, Twin
from faults.deeds import deeds, deliver, open_by_the_page
from faults.stage import Stage
from faults.statements import Deed, sweep, without_transactions


def each_statement_fails(stage: Stage) -> Outcome:
    people = stage.people()
    with stage.postbox:
        swept = [*deeds(people), open_by_the_page(people), deliver(stage.postbox)]
        failures = {deed.name: sweep(deed) for deed in swept}
    told = ", ".join(f"{name} {number}" for name, number in failures.items())
    return Outcome(
        did=f"{sum(failures.values())} statements or commits refused, or done and the connection lost: {told}",
        held="done wholly or not at all, and once when tried again; no page with an error of ours; I1, I2, I3, I8",
    )


def statements_stand_alone(stage: Stage) -> None:
    opening: Deed = deeds(stage.people())[0]
    with without_transactions():
        sweep(opening)


CASES = [Case("F01", "Every statement fails once", each_statement_fails)]
TWINS = [Twin("F01", "a verb is one transaction", statements_stand_alone)]
