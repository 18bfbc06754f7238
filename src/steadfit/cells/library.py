"""The library of cells. Each is its equations and the place where they were published.

Gates stand in the order in which torch and cuDNN stack their blocks (LSTM: input, forget,
candidate, output; GRU: reset, update, candidate), so that torch's weights fit as they are.
"""

from steadfit.cells.functions import relu, sigmoid, tanh
from steadfit.cells.language import cell


@cell
def rnn(x, h, *, gate):
    """Elman 1990, "Finding structure in time", with tanh."""
    return tanh(gate.hidden(x, h))


@cell
def rnn_relu(x, h, *, gate):
    """Elman's network with relu; Le, Jaitly and Hinton 2015."""
    return relu(gate.hidden(x, h))


@cell
def lstm(x, h, c, *, gate):
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; lecture, 3.3."""
    i = sigmoid(gate.input(x, h))
    f = sigmoid(gate.forget(x, h))
    g = tanh(gate.candidate(x, h))
    o = sigmoid(gate.output(x, h))
    c = f * c + i * g
    return o * tanh(c), c


@cell
def peephole_lstm(x, h, c, *, gate, peephole):
    """Gers, Schraudolph and Schmidhuber 2002: the gates see the cell state, unit by unit."""
    i = sigmoid(gate.input(x, h) + peephole.input * c)
    f = sigmoid(gate.forget(x, h) + peephole.forget * c)
    g = tanh(gate.candidate(x, h))
    c = f * c + i * g
    o = sigmoid(gate.output(x, h) + peephole.output * c)
    return o * tanh(c), c


@cell
def coupled_lstm(x, h, c, *, gate):
    """CIFG, the input gate is 1 - f; Greff et al. 2017, "LSTM: a search space odyssey"."""
    f = sigmoid(gate.forget(x, h))
    g = tanh(gate.candidate(x, h))
    o = sigmoid(gate.output(x, h))
    c = f * c + (1 - f) * g
    return o * tanh(c), c


@cell
def gru(x, h, *, gate):
    """Cho et al. 2014, with z for 1 - z; lecture, 5.3: the reset acts before the product."""
    r = sigmoid(gate.reset(x, h))
    z = sigmoid(gate.update(x, h))
    n = tanh(gate.candidate(x, r * h))
    return (1 - z) * h + z * n


@cell
def gru_reset_after(x, h, *, gate):
    """cuDNN's and torch's GRU: reset acts after the product, and z keeps the past."""
    r = sigmoid(gate.reset(x, h))
    z = sigmoid(gate.update(x, h))
    n = tanh(gate.candidate(x) + r * gate.recurrent(h))
    return (1 - z) * n + z * h


@cell
def mgu(x, h, *, gate):
    """Zhou et al. 2016, "Minimal gated unit for recurrent neural networks"."""
    f = sigmoid(gate.forget(x, h))
    n = tanh(gate.candidate(x, f * h))
    return (1 - f) * h + f * n


@cell
def mgu_reset_after(x, h, *, gate):
    """The minimal gated unit with one product a step: forget acts after it."""
    f = sigmoid(gate.forget(x, h))
    n = tanh(gate.candidate(x) + f * gate.recurrent(h))
    return (1 - f) * h + f * n


@cell
def indrnn(x, h, *, gate, peephole):
    """Li et al. 2018, "Independently recurrent neural network": each unit sees only itself."""
    return relu(gate.hidden(x) + peephole.recurrent * h)


@cell
def min_gru(x, h, *, gate):
    """Feng et al. 2024, "Were RNNs all we needed?": gates of the input alone."""
    z = sigmoid(gate.update(x))
    n = gate.candidate(x)
    return (1 - z) * h + z * n
