"""Readers, samples and splits.

`read` or `from_arrays` gives a `Dataset`; `split` its training and test sides; `draw` a replica's
sample of the training side and `carve` that sample's validation part; `fit_preparation` what is
fitted to the sample; `augment` disturbs a batch on its way to the network.
"""

from steadfit.data.arrays import from_arrays as from_arrays
from steadfit.data.augmentation import augment as augment
from steadfit.data.dataset import Dataset as Dataset
from steadfit.data.dataset import Forecast as Forecast
from steadfit.data.dataset import Inputs as Inputs
from steadfit.data.dataset import Split as Split
from steadfit.data.dataset import Task as Task
from steadfit.data.dataset import Text as Text
from steadfit.data.forecasting import from_forecast as from_forecast
from steadfit.data.forecasting import naive_forecasts as naive_forecasts
from steadfit.data.forecasting import scaled_errors as scaled_errors
from steadfit.data.next_tokens import measured as measured
from steadfit.data.next_tokens import points as points
from steadfit.data.preparation import Preparation as Preparation
from steadfit.data.preparation import fit_preparation as fit_preparation
from steadfit.data.ragged import Ragged as Ragged
from steadfit.data.ragged import Unit as Unit
from steadfit.data.registry import read as read
from steadfit.data.samples import carve as carve
from steadfit.data.samples import draw as draw
from steadfit.data.samples import natural as natural
from steadfit.data.sequences import from_series as from_series
from steadfit.data.sequences import from_texts as from_texts
from steadfit.data.splits import split as split
