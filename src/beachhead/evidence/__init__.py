"""What real firms did, and replays as of a date against what then happened."""

from beachhead.evidence.drafting import Drafted, draft, keep_sourced, narrow, strip
from beachhead.evidence.entries import History, read_histories
from beachhead.evidence.facts import Fact, read_facts
from beachhead.evidence.truth import choose

__all__ = [
    "Drafted",
    "Fact",
    "History",
    "choose",
    "draft",
    "keep_sourced",
    "narrow",
    "read_facts",
    "read_histories",
    "strip",
]
