"""The rows of the benchmark's table: what is measured, against what, and the limit that it must keep."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median

from tests.bench.load import Burst, Question, asking, burst, downloading, transfer
from tests.bench.questions import EXPORT, Questions, tags
from tests.bench.servers import Memory, Server

Measure = Callable[[], Burst]
MEGABYTE = 1e6


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is by processor time; `held` says whether the figure is where it has to be."""

    job: str
    reference: str
    ours: str
    ratio: str
    by_rate: str
    hold: str
    aim: str
    held: bool


@dataclass(frozen=True)
class Loaded:
    """How loading went: the incidents with as many quotes, and by themselves (`alone`)."""

    incidents: int
    seconds: float
    peak_bytes: int
    alone: float


@dataclass(frozen=True)
class Run:
    """The servers of a run, and how long they are measured. `cold` and `two`, which is two workers, keep no answers;
    `warm` does."""

    naive: Server
    bare: Server
    cold: Server
    warm: Server
    two: Server
    questions: Questions
    rounds: int
    seconds: float
    longest_export: float

    def rows(self, loaded: Loaded) -> list[Row]:
        """Every job, one after the other."""
        questions = self.questions
        return [
            self._against_naive("filtered list of 50, not cached", questions.lists, 10, 20),
            self._against_naive("one record, not cached", questions.records, 8, 30),
            self._against_bare("same list, cached", questions.lists, 0.7, 0.9),
            self._against_bare("304 for it", tags(questions.lists, self.warm), 1.0, 1.3),
            self._deep_page(),
            self._against_naive("newest 50 of a full-text query", questions.words, 50, 300, slow=True),
            self._against_naive("bbox, 1000 features as GeoJSON", questions.boxes, 10, 30, slow=True),
            self._export(),
            self._beside("an export runs", downloading(self.cold, EXPORT)),
            self._beside("eight clients ask for facets", asking(self.cold, self.questions.facets, 8)),
            self._two_workers(),
            _loading(loaded),
        ]

    def _against_naive(
        self, job: str, questions: list[Question], hold: float, aim: float, *, slow: bool = False
    ) -> Row:
        theirs, ours = self._medians(
            self._load(self.naive, questions, slow=True), self._load(self.cold, questions, slow)
        )
        return _faster(job, theirs, ours, hold, aim)

    def _against_bare(self, job: str, questions: list[Question], hold: float, aim: float) -> Row:
        plain = [Question(one.path) for one in questions]
        theirs, ours = self._medians(self._load(self.bare, plain), self._load(self.warm, questions))
        return _faster(job, theirs, ours, hold, aim)

    def _deep_page(self) -> Row:
        questions = self.questions
        first, deep, their_first, their_deep = self._medians(
            self._load(self.cold, [questions.first]),
            self._load(self.cold, [questions.deep]),
            self._load(self.naive, [questions.first], slow=True),
            self._load(self.naive, [questions.deep_by_offset], slow=True),
        )
        ratio = deep.cpu_us / first.cpu_us
        return Row(
            f"page at row {questions.skipped:,} against page 1",
            f"{_cost(first)} (naive: page 1 {_cost(their_first)}, deep {_cost(their_deep)})",
            _cost(deep),
            f"{ratio:.2f} x the cost (naive {their_deep.cpu_us / their_first.cpu_us:.1f} x)",
            f"{first.per_second / deep.per_second:.2f} x",
            "1.5 x",
            "1.0 x",
            ratio <= 1.5,
        )

    def _export(self) -> Row:
        def exported(server: Server, longest: float) -> Callable[[], Burst]:
            def measure() -> Burst:
                before = server.cpu()
                size, took = transfer(server, EXPORT, longest)
                megabytes = size / MEGABYTE
                return Burst(megabytes / took, (server.cpu() - before) / megabytes * 1e6, 0)

            return measure

        with self.naive.watched() as their_peaks, self.cold.watched() as peaks:
            theirs, ours = self._medians(exported(self.naive, self.longest_export), exported(self.cold, 600))
        ratio, resident = theirs.cpu_us / ours.cpu_us, peaks[0].resident / MEGABYTE
        return Row(
            "export of all as NDJSON",
            _flow(theirs, their_peaks[0]),
            _flow(ours, peaks[0]),
            f"{ratio:.1f} x",
            f"{ours.per_second / theirs.per_second:.1f} x",
            "30 x, under 200 MB RSS",
            "100 x",
            ratio >= 30 and resident < 200,
        )

    def _beside(self, name: str, others: AbstractContextManager[None]) -> Row:
        """One record, alone and while others ask."""

        def alone() -> Burst:
            return burst(self.cold, self.questions.records, self.seconds, connections=2)

        (quiet,) = self._medians(alone)
        with others:
            (busy,) = self._medians(alone)
        return Row(
            f"p99 of one record while {name}",
            f"alone {quiet.p99_ms:.1f} ms, {quiet.per_second:,.0f}/s",
            f"{busy.p99_ms:.1f} ms, {busy.per_second:,.0f}/s",
            "–",
            "–",
            "25 ms",
            "5 ms",
            busy.p99_ms <= 25,
        )

    def _two_workers(self) -> Row:
        one, both = self._medians(
            self._load(self.cold, self.questions.lists), self._load(self.two, self.questions.lists)
        )
        by_rate = both.per_second / one.per_second
        return Row(
            "filtered lists by two workers on two cores",
            f"one worker: {_cost(one)}, {self.cold.memory() / MEGABYTE:.0f} MB",
            f"{_cost(both)}, {self.two.memory() / MEGABYTE:.0f} MB in all",
            "–",
            f"{by_rate:.2f} x",
            "1.6 x",
            "–",
            by_rate >= 1.6,
        )

    def _load(self, server: Server, questions: list[Question], slow: bool = False) -> Measure:
        connections = 4 if slow else 16
        return lambda: burst(server, questions, self.seconds, connections=connections, slow=slow)

    def _medians(self, *measures: Measure) -> list[Burst]:
        """Each measured in turn, again and again; what is between the rounds of one is between those of all."""
        bursts_of_measures: list[list[Burst]] = [[] for _ in measures]
        for _ in range(self.rounds):
            for measure, bursts in zip(measures, bursts_of_measures, strict=True):
                bursts.append(measure())
        return [
            Burst(
                median(one.per_second for one in bursts),
                median(one.cpu_us for one in bursts),
                median(one.p99_ms for one in bursts),
            )
            for bursts in bursts_of_measures
        ]


def _faster(job: str, theirs: Burst, ours: Burst, hold: float, aim: float) -> Row:
    ratio = theirs.cpu_us / ours.cpu_us
    by_rate = ours.per_second / theirs.per_second
    return Row(
        job, _cost(theirs), _cost(ours), f"{ratio:.2f} x", f"{by_rate:.2f} x", f"{hold} x", f"{aim} x", ratio >= hold
    )


def _loading(loaded: Loaded) -> Row:
    rate, together = loaded.incidents / loaded.alone, loaded.incidents / loaded.seconds
    return Row(
        "loading incidents with their claims and evidence",
        "–",
        f"{rate:,.0f} incidents/s ({loaded.alone:.0f} s); with as many quotes {together:,.0f} of each "
        f"({loaded.seconds:.0f} s); peak RSS {loaded.peak_bytes / MEGABYTE:,.0f} MB",
        "–",
        "–",
        "2,500 incidents/s, under 1 GB",
        "5,000",
        rate >= 2_500 and loaded.peak_bytes < 1e9,
    )


def _flow(burst: Burst, peak: Memory) -> str:
    memory = f"RSS {peak.resident / MEGABYTE:.0f} MB (anonymous {peak.anonymous / MEGABYTE:.0f} MB)"
    return f"{burst.cpu_us:,.0f} µs/MB, {burst.per_second:.1f} MB/s, {memory}"


def _cost(burst: Burst) -> str:
    return f"{burst.cpu_us:,.0f} µs, {burst.per_second:,.0f}/s"
