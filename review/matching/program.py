"""The linear program over a set of candidate pairs, handed to HiGHS.

maximise   Σ worth·x − Σ penalty·(ways of giving way)
such that  every bid has its demand, every expert a load in range, every class its minimum, every unit at
           most its share of a bid, and where asked every bid its floor (or all a common level).

Without floors and classes this is a network (pair → unit at a bid → bid, and pair → expert): its vertices
are whole numbers. Giving way is always possible at a price, so that a program is never infeasible for want
of experts: what must give way in the cheapest answer is what the instance lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from review.matching.basis import Basis
from review.matching.board import MICRO, Board, Floats, Ints
from review.matching.instance import LARGEST_AFFINITY
from review.matching.prices import Prices
from review.matching.question import COSTS, Answer, Question, Settled

NO_LIMIT = 1e9
#: Branching nodes a program may take: a count, not seconds, so that the same input gives the same answer.
#: Many pairs get fewer: what is not found early there costs minutes.
NODES, FEW_NODES, MANY_PAIRS = 400, 40, 5000
#: One thread, for the same reason. Tolerances lie well under a millionth, the smallest difference there is.
OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False, "threads": 1, "parallel": "off", "random_seed": 1,
    "primal_feasibility_tolerance": 1e-8, "mip_feasibility_tolerance": 1e-8,
    "mip_max_nodes": NODES, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5 / MICRO,
}  # fmt: skip


class Solver(highspy.Highs):
    """HiGHS without a word on standard output: its own constructor says its version there before one can ask."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


@dataclass
class Program:
    board: Board
    asked: Question
    columns: dict[str, Ints] = field(default_factory=dict)
    rows: dict[str, Ints] = field(default_factory=dict)
    #: Whether the simplex method was stopped before the end.
    ran_out: bool = False

    def __post_init__(self) -> None:
        board, width = self.board, self.board.shape[1]
        self.bid, self.person = self.asked.pairs // width, self.asked.pairs % width
        self.affinity = board.score[self.bid, self.person] / MICRO
        groups = int(board.group[-1]) + 1 if width else 0
        self.at_unit = self.bid * groups + board.group[self.person]
        shared = np.unique(self.at_unit, return_counts=True)
        floors = self.asked.floors[0] if self.asked.floors else np.zeros(0, np.int64)
        self.rows = {
            "demand": np.arange(board.shape[0]),
            "load": np.arange(width),
            "class_mix": np.arange(len(board.mix)),
            "unit": shared[0][shared[1] > 1],
            "floor": floors,
            "keep": np.arange(int(self.asked.keep is not None)),
        }
        self.columns = {
            "pair": self.asked.pairs,
            "demand": self.rows["demand"],
            "min_load": np.flatnonzero(board.min_load > 0),
            "max_load": np.arange(width),
            "overload": np.arange(width),
            "class_mix": self.rows["class_mix"],
            "unit": self.rows["unit"],
            "level": np.arange(int(self.asked.level_cap is not None)),
        }
        self.row_at = _offsets(self.rows)
        self.column_at = _offsets(self.columns)

    def solve(self, start: Basis | None = None, *, limited: bool = False, interior: bool = False) -> Answer | None:
        """The optimum of the relaxation; None when the floors cannot be reached.

        `limited`: None also when it `ran_out` of two steps per bid and expert. `interior`: near the optimum, not
        at a vertex.
        """
        solver = self._loaded()
        if limited:
            solver.setOptionValue("simplex_iteration_limit", 2 * sum(self.board.shape))
        if interior:
            solver.setOptionValue("solver", "ipm")
            solver.setOptionValue("run_crossover", "off")
        elif start is not None:
            solver.setBasis(start.fitted(self.columns, self.rows))
        solver.run()
        self.ran_out = solver.getModelStatus() == highspy.HighsModelStatus.kIterationLimit
        if solver.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            return None
        solution, info = solver.getSolution(), solver.getInfo()
        x, duals = np.array(solution.col_value), np.array(solution.row_dual)
        return Answer(
            pairs=self.asked.pairs,
            x=x[: len(self.asked.pairs)],
            given={kind: x[self.column_at[kind]] for kind in COSTS},
            value=info.objective_function_value,
            level=float(x[self.column_at["level"]].sum()),
            reduced=np.array(solution.col_dual)[: len(self.asked.pairs)],
            prices=self._prices(duals),
            basis=start if interior else self._end(solver.getBasis()),
            is_interior=interior,
        )

    def settle(self, held: NDArray[np.bool_], at: Floats, *, nodes: int = NODES) -> Settled | None:
        """The best whole answer with the `held` pairs left as they are `at`; None when none was found."""
        solver = self._loaded()
        total = sum(len(part) for part in self.columns.values())
        lower, upper = self._bounds()
        own = slice(0, len(held))
        lower[own] = np.where(held, np.rint(at), lower[own])
        upper[own] = np.where(held, np.rint(at), upper[own])
        every = np.arange(total, dtype=np.int32)
        solver.changeColsBounds(total, every, lower, upper)
        solver.setOptionValue("mip_max_nodes", min(nodes, FEW_NODES) if len(held) > MANY_PAIRS else nodes)
        whole = np.full(total, highspy.HighsVarType.kInteger)
        whole[self.column_at["level"]] = highspy.HighsVarType.kContinuous
        solver.changeColsIntegrality(total, every, whole)
        solver.run()
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        x = np.array(solver.getSolution().col_value)
        is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return Settled(x[own] > 0.5, {kind: np.rint(x[self.column_at[kind]]) for kind in COSTS}, is_optimal)

    # --- the model --------------------------------------------------------------------------------------

    def _loaded(self) -> Solver:
        solver = Solver()
        for option, value in OPTIONS.items():
            solver.setOptionValue(option, value)
        model = highspy.HighsLp()
        model.sense_ = highspy.ObjSense.kMaximize
        model.num_col_ = sum(len(part) for part in self.columns.values())
        model.num_row_ = sum(len(part) for part in self.rows.values())
        model.col_cost_ = self._worths()
        model.col_lower_, model.col_upper_ = self._bounds()
        model.row_lower_, model.row_upper_ = self._limits()
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = self._matrix(model.num_col_)
        solver.passModel(model)
        return solver

    def _worths(self) -> Floats:
        parts = {kind: np.full(len(self.columns[kind]), -self.asked.penalty * cost) for kind, cost in COSTS.items()}
        parts |= {
            "pair": self.asked.worth,
            "level": np.full(len(self.columns["level"]), self.board.demand[self.rows["floor"]].sum()),
        }
        return np.concatenate([parts[kind] for kind in self.columns])

    def _bounds(self) -> tuple[Floats, Floats]:
        board, asked = self.board, self.asked
        highest = {
            "pair": np.ones(len(asked.pairs)),
            "demand": board.demand,
            "min_load": board.min_load[self.columns["min_load"]],
            "max_load": np.maximum(1, board.max_load // 5),
            "class_mix": board.mix[:, 2],
            "level": np.full(len(self.columns["level"]), (asked.level_cap or 0) / MICRO),
        }
        upper = np.concatenate(
            [highest.get(kind, np.full(len(part), NO_LIMIT)) for kind, part in self.columns.items()]
        ).astype(np.float64)
        lower = np.zeros(len(upper))
        if asked.strict:
            for kind in COSTS:
                upper[self.column_at[kind]] = 0
        lower[self.column_at["level"]] = -LARGEST_AFFINITY
        if asked.standing is not None and asked.keep is None:
            lower[: len(asked.pairs)][asked.standing] = 1
        return lower, upper

    def _limits(self) -> tuple[Floats, Floats]:
        board, asked = self.board, self.asked
        share = np.ones(len(self.rows["unit"]))
        groups = int(board.group[-1]) + 1 if len(board.group) else 0
        for (bid, group), more in board.extra.items():
            share[self.rows["unit"] == bid * groups + group] += more
        floors = asked.floors[1] / MICRO if asked.floors else np.zeros(0)
        if asked.level_cap is not None:
            floors = np.zeros(len(floors))
        kept = np.full(len(self.rows["keep"]), float(asked.keep or 0))
        none, all_ = np.zeros(len(share)), np.full(len(board.mix), np.inf)
        lower = [board.demand, board.min_load, board.mix[:, 2], none, floors, kept]
        upper = [board.demand, board.max_load, all_, share, np.full(len(floors), np.inf), np.full(len(kept), np.inf)]
        return np.concatenate(lower).astype(np.float64), np.concatenate(upper).astype(np.float64)

    def _matrix(self, width: int) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """All coefficients, column by column."""
        entries = [self._pairs_in(kind) for kind in self.rows]
        for row_kind, kind, sign in (
            ("demand", "demand", 1),
            ("load", "min_load", 1),
            ("load", "max_load", -1),
            ("load", "overload", -1),
            ("class_mix", "class_mix", 1),
            ("unit", "unit", -1),
        ):
            columns = np.arange(self.column_at[kind].start, self.column_at[kind].stop)
            at = self.columns[kind] if kind != "unit" else np.arange(len(columns))
            entries.append((self.row_at[row_kind].start + at, columns, np.full(len(columns), float(sign))))
        if self.asked.level_cap is not None:
            rows = np.arange(self.row_at["floor"].start, self.row_at["floor"].stop)
            demand = self.board.demand[self.rows["floor"]].astype(np.float64)
            entries.append((rows, np.full(len(rows), self.column_at["level"].start), -demand))
        rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
        order = np.lexsort((rows, columns))
        starts = np.searchsorted(columns[order], np.arange(width + 1))
        return starts.astype(np.int32), rows[order].astype(np.int32), values[order]

    def _pairs_in(self, kind: str) -> tuple[Ints, Ints, Floats]:
        """(rows, columns, coefficients) of the pairs in the rows of a kind."""
        every, first = np.arange(len(self.asked.pairs)), self.row_at[kind].start
        if kind == "demand":
            return first + self.bid, every, np.ones(len(every))
        if kind == "load":
            return first + self.person, every, np.ones(len(every))
        if kind == "keep":
            mine = every[self.asked.standing] if self.asked.keep is not None else every[:0]
            return np.full(len(mine), first), mine, np.ones(len(mine))
        names, of_pair = {
            "unit": (self.rows["unit"], self.at_unit),
            "class_mix": self._classes(),
            "floor": (self.rows["floor"], self.bid),
        }[kind]
        at = np.searchsorted(names, of_pair)
        mine = every[np.isin(of_pair, names)]
        return first + at[mine], mine, self.affinity[mine] if kind == "floor" else np.ones(len(mine))

    def _classes(self) -> tuple[Ints, Ints]:
        """Names of the class rows (ascending, as the board has them) and of the class each pair belongs to."""
        board = self.board
        kinds = 1 + max(board.kind.max(initial=0), board.mix[:, 1].max(initial=0))
        return board.mix[:, 0] * kinds + board.mix[:, 1], self.bid * kinds + board.kind[self.person]

    # --- between the solver's numbers and names ----------------------------------------------------------

    def _prices(self, duals: Floats) -> Prices:
        part = {kind: duals[at] for kind, at in self.row_at.items()}
        weight = np.full(self.board.shape[0], float(self.asked.per_affinity))
        weight[self.rows["floor"]] -= np.minimum(part["floor"], 0)
        return Prices.of(
            weight, seat=part["demand"], load=part["load"], mix=part["class_mix"],
            unit_rows=self.rows["unit"], unit=part["unit"],
        )  # fmt: skip

    def _end(self, basis: highspy.HighsBasis) -> Basis:
        columns, rows = list(basis.col_status), list(basis.row_status)
        return Basis(
            {kind: (names, columns[self.column_at[kind]]) for kind, names in self.columns.items()},
            {kind: (names, rows[self.row_at[kind]]) for kind, names in self.rows.items()},
        )


def _offsets(parts: dict[str, Ints]) -> dict[str, slice]:
    ends = np.cumsum([len(part) for part in parts.values()]).tolist()
    return {kind: slice(end - len(part), end) for (kind, part), end in zip(parts.items(), ends, strict=True)}
