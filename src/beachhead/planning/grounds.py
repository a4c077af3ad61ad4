"""Why a market is in a plan or not, as data; the content of `why.json`."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from beachhead.planning.plan import Help


@dataclass(frozen=True)
class Moved:
    """Another entry that gives way to a change: quarter before and after, None where not made."""

    iso3: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Trial:
    """The plan with one change.

    `kind`: 'without' the market, 'sooner', 'later', 'otherwise' (in the next best way) or 'added';
    `enter`, `mode` and `localisation` of the market then. `gains`: mean over fresh worlds of the
    value with the change less the plan's, with half its 95 % interval `error`; `objective`: the
    same of J on the worlds of the search. `moved`: others that give way. `breaks`: limits that the
    change would break.
    """

    kind: str
    enter: str | None
    mode: str
    localisation: float
    gains: float
    error: float
    objective: float
    moved: tuple[Moved, ...]
    breaks: tuple[str, ...]


@dataclass(frozen=True)
class Worth:
    """What a market brings itself and to others, mean over fresh worlds, discounted money.

    `role`: 'home', 'served' or 'entered'. `own`: value of the market. Of an entry: `adds`, what
    the plan loses without it, with half its 95 % interval `error`. The rest of `adds` is what it
    changes elsewhere: `home` (attention), and in the other markets `lends`, by what it teaches
    (entry and running cost, exits), `lent_to` whom most; `haste`, by its launch; `spillover`, by
    how its brand is heard of; `rest`, by supply, and in those that would not be entered without it.
    """

    iso3: str
    role: str
    own: float
    adds: float | None = None
    error: float | None = None
    home: float = 0.0
    lends: float = 0.0
    lent_to: tuple[Help, ...] = ()
    haste: float = 0.0
    spillover: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True)
class Bar:
    """What keeps a market out of the plan.

    `kind`: 'case' (`name`: the key that says so), 'rule' (its name), 'horizon' (no way of entering
    is ready within it), 'alone' (it loses money by itself), 'beside' (it brings less than it costs
    the others, whatever the limits), 'limit' (its name: without it J would gain), 'passed over'
    (the search did not find that it pays, or the check worlds said otherwise), 'pays' (if the case
    let it in). `gains`: J that the best entry would bring, where one can be made.
    """

    kind: str
    name: str = ""
    gains: float | None = None


@dataclass(frozen=True)
class Answer:
    """Why one market is entered as it is, or not.

    `enter`, `mode`, `localisation` where it is entered. `taught`: what experience elsewhere is
    worth to it, `helped_by` whose. `waits`: gates that it waits for. `pilots`: gates whose pilot it
    is, and `behind` the entries that wait for them. `after`, `before`: entries that limits.after
    puts before and behind it. `demanded`: key of the limit that demands it.
    """

    worth: Worth
    enter: str | None = None
    mode: str = ""
    localisation: float = 0.0
    taught: float = 0.0
    helped_by: tuple[Help, ...] = ()
    waits: tuple[str, ...] = ()
    pilots: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    demanded: str = ""
    trials: tuple[Trial, ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A market that the plan leaves alone, and what would have to change for it to pay.

    `answer`: what bars it, and what its best entry would change. `cost`, `size`: factors on its
    entry cost and on its people at which J with that entry is the plan's, all else as it is; None
    where no entry is possible, where it would pay as it is, or where no such factor is in sight.
    """

    answer: Answer
    cost: float | None = None
    size: float | None = None


@dataclass(frozen=True)
class Why:
    """Why a plan is as it is; the content of `why.json`.

    `mean`: of the plan's value on the fresh worlds, which is the sum of `own` over `worths`.
    `worths`: home, served markets, entries by date. `answers`: of the first ten entries.
    `rejected`: the markets left alone that would bring most beside the plan, nearest first.
    `status`: 'partial' where Ctrl-C ended it.
    """

    case: str
    status: str
    worlds: int
    search_worlds: int
    mean: float
    worths: tuple[Worth, ...]
    answers: tuple[Answer, ...]
    rejected: tuple[Rejected, ...] = ()

    def to_json(self) -> str:
        """Text of `why.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Why:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Why)
