"""`Recurrent`: layers of any cell over sequences, with the interface of torch.nn.LSTM.

Letters of shapes: T time, B batch, I input width, H units, P width of the output (H without a
projection), D directions (1 or 2), L layers times directions.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence

from steadfit.cells import Cell, Sequences, find, run
from steadfit.cells.run import refuse_tracing, run_outputs
from steadfit.errors import ShapeError
from steadfit.nn.batch import Batch, arrange
from steadfit.nn.masks import held, kept
from steadfit.nn.parameters import Form
from steadfit.nn.settings import boolean, check_rate, positive, rates
from steadfit.nn.steps import Means, Run, Steps, steps
from steadfit.nn.tracing import leaves_the_graph, outside_the_graph, traced


class Recurrent(nn.Module):
    """Layers of a cell, with torch.nn.LSTM's arguments, shapes, parameter names and results.

    cell: a `steadfit.cells.Cell`, your own or the library's, or the name of one of the library's.
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size,
        device, dtype: as in torch.nn.LSTM. proj_size is for cells whose output only gates use.
    recurrent_dropout: the rate at which units of the first state are left out of the recurrent
        products, one mask a sequence (Gal and Ghahramani 2016).
    zoneout: the rate at which units keep their old value at a step (Krueger et al. 2017), one for
        all states or one by name, as in {"h": 0.05, "c": 0.5}. As in the paper, evaluation draws
        nothing and takes the mean of what training does.
    weight_drop: the rate at which recurrent weights are set to zero, one mask a call (Merity,
        Keskar and Socher 2018; Wan et al. 2013).
    residual: layers from the second on add their input to their output (Wu et al. 2016). The final
        states stay the cells' own.
    learn_initial_state: initial states are parameters, `initial_h_l0` and so on, that begin at
        zero; they are used where no initial states are given.
    forget_bias: what the bias of the gate `forget` begins with; 1 is the advice of Jozefowicz,
        Zaremba and Sutskever 2015. None: as any other bias.
    two_biases: keep torch's `bias_ih` and `bias_hh`, whose sum acts, in place of one `bias`.

    All weights begin uniform between -1/sqrt(hidden_size) and 1/sqrt(hidden_size), as in torch.
    Dropout, recurrent dropout and weight-drop scale what is kept by 1 / (1 - rate) and do nothing
    in evaluation.

    Raises SteadfitError for settings that do not fit.

    >>> layer = Recurrent("peephole_lstm", 3, 5, num_layers=2, batch_first=True)
    >>> output, (h, c) = layer(torch.ones(4, 7, 3))
    >>> output.shape, c.shape
    (torch.Size([4, 7, 5]), torch.Size([2, 4, 5]))
    """

    def __init__(
        self,
        cell: Cell | str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        recurrent_dropout: float = 0.0,
        zoneout: float | Mapping[str, float] = 0.0,
        weight_drop: float = 0.0,
        residual: bool = False,
        learn_initial_state: bool = False,
        forget_bias: float | None = None,
        two_biases: bool = False,
    ) -> None:
        nn.Module.__init__(self)  # not that of torch.nn.RNNBase, which `layers` has as a parent too
        self.cell = cell if isinstance(cell, Cell) else find(cell)
        self.input_size = positive("input_size", input_size)
        self.hidden_size = positive("hidden_size", hidden_size)
        self.num_layers = positive("num_layers", num_layers)
        self.bias = boolean("bias", bias)
        self.batch_first = boolean("batch_first", batch_first)
        self.dropout = check_rate("dropout", dropout, one=True)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.recurrent_dropout = check_rate("recurrent_dropout", recurrent_dropout)
        self.zoneout = rates(self.cell, zoneout)
        self.weight_drop = check_rate("weight_drop", weight_drop)
        self.residual = residual
        self.learn_initial_state = learn_initial_state
        self.forget_bias = forget_bias
        if dropout and num_layers == 1:
            warnings.warn(
                "dropout acts between layers, so with num_layers=1 it does nothing; "
                "recurrent_dropout acts inside a layer.",
                stacklevel=2,
            )
        self._form = Form(
            self.cell, hidden_size, proj_size, bias, two_biases, learn_initial_state, forget_bias
        )
        for place, width in self._places():
            for name, shape in self._form.shapes(width):
                empty = torch.empty(shape, device=device, dtype=dtype)
                self.register_parameter(f"{name}_{place}", nn.Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for place, width in self._places():
            self._form.draw(self, place, width)

    def flatten_parameters(self) -> None:
        """Nothing: for programs written for torch's layers, whose cuDNN form wants it."""

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: Any = None,
        *,
        lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Any, Any]:
        """Run over sequences.

        input: (T, B, I); (B, T, I) with batch_first; (T, I) for one sequence; or a PackedSequence.
        hx: the initial states, (L, B, P) for the first and (L, B, H) for the rest (no B for one
            sequence): a tensor for a cell of one state, else a tuple. Zeros if None, or what was
            learned.
        lengths: (B,) int64, in any order, how many steps of a padded batch are real: states stay
            as they are from there on, outputs are zero, and the backward direction begins there.
        generator: what masks are drawn from; torch's global generator if None.

        Returns the output at every step, (T, B, D * P) in the form of the input, and the final
        states in the form of hx. Raises SteadfitError for shapes that do not fit.
        """
        if isinstance(input, Proxy):  # torch.fx traces: a Proxy stands for the pair
            return traced(self, input, hx, lengths)  # type: ignore[return-value]
        refuse_tracing(self.cell)
        if leaves_the_graph(self, input):
            return self._outside_the_graph(input, hx, lengths, generator)
        return self._forward(input, hx, lengths, generator)

    def _forward(
        self,
        input: Tensor | PackedSequence,
        hx: Any,
        lengths: Tensor | None,
        generator: torch.Generator | None,
    ) -> tuple[Any, Any]:
        batch = arrange(input, lengths, self.batch_first, self.input_size)
        output, runs = self._run(batch, hx, Means(generator, run_outputs))
        stacked = map(torch.stack, zip(*(each.result.final for each in runs), strict=True))
        final = tuple(map(batch.final, stacked))
        return batch.steps(output), final if len(self.cell.states) > 1 else final[0]

    _outside_the_graph = outside_the_graph(_forward)

    def unroll(
        self,
        input: Tensor | PackedSequence,
        hx: Any = None,
        *,
        lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> list[Steps]:
        """Run over sequences as `forward` does, and return what happened at every step.

        Returns one `Steps` a layer and direction, in the order of the final states: first layer
        forward, first layer backward, second layer forward, and so on.

        >>> layer = Recurrent("lstm", 3, 5)
        >>> (steps,) = layer.unroll(torch.ones(7, 4, 3))
        >>> steps.states["c"].shape, sorted(steps.values)
        (torch.Size([7, 4, 5]), ['f', 'g', 'i', 'o'])
        """
        batch = arrange(input, lengths, self.batch_first, self.input_size)
        _, runs = self._run(batch, hx, Means(generator, run))
        return [steps(self.cell, each, batch) for each in runs]

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        settings = {
            "num_layers": self.num_layers if self.num_layers > 1 else None,
            "bias": None if self.bias else False,
            "batch_first": self.batch_first or None,
            "dropout": self.dropout or None,
            "bidirectional": self.bidirectional or None,
            "proj_size": self.proj_size or None,
            "recurrent_dropout": self.recurrent_dropout or None,
            "zoneout": self.zoneout if any(self.zoneout.values()) else None,
            "weight_drop": self.weight_drop or None,
            "residual": self.residual or None,
            "learn_initial_state": self.learn_initial_state or None,
        }
        words = [f"{name}={value}" for name, value in settings.items() if value is not None]
        return ", ".join([self.cell.name, str(self.input_size), str(self.hidden_size), *words])

    def _places(self) -> list[tuple[str, int]]:
        """The end of the parameters' names and the input's width, a layer and direction each."""
        directions = ("", "_reverse") if self.bidirectional else ("",)
        stacked = (self.proj_size or self.hidden_size) * len(directions)
        return [
            (f"l{layer}{direction}", stacked if layer else self.input_size)
            for layer in range(self.num_layers)
            for direction in directions
        ]

    def _run(self, batch: Batch, hx: Any, means: Means) -> tuple[Tensor, list[Run]]:
        """The last layer's output, laid out as batch.x, and each layer's and direction's run."""
        places = [place for place, _ in self._places()]
        given = self._initial(batch, hx, len(places))
        directions = 2 if self.bidirectional else 1
        x = batch.x
        runs: list[Run] = []
        for layer in range(self.num_layers):
            entering = x
            if layer and self.training and self.dropout:
                entering = x * kept(x, x.shape, self.dropout, means.generator)
            here = slice(layer * directions, (layer + 1) * directions)
            runs += [
                self._run_place(place, entering, states, batch, means)
                for place, states in zip(places[here], given[here], strict=True)
            ]
            outputs = [each.result.outputs for each in runs[here]]
            output = torch.cat(outputs, -1) if self.bidirectional else outputs[0]
            x = x + output if self.residual and layer else output
        return x, runs

    def _run_place(
        self,
        place: str,
        x: Tensor,
        states: Sequence[Tensor] | None,
        batch: Batch,
        means: Means,
    ) -> Run:
        """One layer in one direction."""
        weights = self._form.weights(self, place)
        if states is None:
            states = self._form.initial(self, place, batch.size)
        mask = None
        if self.training and self.recurrent_dropout:
            shape = (batch.size, self._form.widths[0])
            mask = kept(x, shape, self.recurrent_dropout, means.generator)
        if self.training and self.weight_drop and weights.recurrent is not None:
            drop = kept(x, weights.recurrent.shape, self.weight_drop, means.generator)
            weights = weights._replace(recurrent=weights.recurrent * drop)
        sequences = Sequences(
            x,
            states,
            lengths=batch.lengths,
            batch_sizes=batch.batch_sizes,
            reverse=place.endswith("_reverse"),
            recurrent_mask=mask,
            zoneout=self._zoneout(x, means.generator),
        )
        return Run(weights, sequences, means.run(self.cell, weights, sequences))

    def _zoneout(self, x: Tensor, generator: torch.Generator | None) -> list[Tensor | None] | None:
        """The share of its old value that each state keeps, at every step and unit."""
        if not any(self.zoneout.values()):
            return None
        shares: list[Tensor | None] = []
        for width, rate in zip(self._form.widths, self.zoneout.values(), strict=True):
            shape = (*x.shape[:-1], width)
            if not rate:
                shares.append(None)
            elif self.training:
                shares.append(held(x, shape, rate, generator))
            else:
                shares.append(x.new_full(shape, rate))
        return shares

    def _initial(self, batch: Batch, hx: Any, places: int) -> Sequence[tuple[Tensor, ...] | None]:
        """The initial states that a caller gave, of each layer and direction."""
        if hx is None:
            return (None,) * places
        given = (hx,) if isinstance(hx, Tensor) else tuple(hx)
        names = self.cell.states
        if len(given) != len(names):
            raise ShapeError(
                f"hx must be {len(names)} tensor(s), the states {', '.join(names)} of "
                f"{self.cell.name}, got {len(given)}."
            )
        sized = (batch.size,) if batch.batched else ()
        for name, state, width in zip(names, given, self._form.widths, strict=True):
            if state.shape != (places, *sized, width):
                raise ShapeError(
                    f"The initial state {name} must be {(places, *sized, width)} (layers times "
                    f"directions first), got shape {tuple(state.shape)}."
                )
        return list(zip(*(batch.initial(state).unbind() for state in given), strict=True))
