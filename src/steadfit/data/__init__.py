"""Readers, samples and splits.

`read` or `from_arrays` gives a `Dataset`; `split` its training and test sides, `make_folds` the
folds that test one another; `draw` a replica's
sample of the training side and `carve` that sample's validation part; `fit_preparation` what is
fitted to the sample; `points` what replicas are compared on.
"""

from steadfit.data.arrays import from_arrays as from_arrays
from steadfit.data.dataset import Dataset as Dataset
from steadfit.data.dataset import Split as Split
from steadfit.data.dataset import Structure as Structure
from steadfit.data.folds import Fold as Fold
from steadfit.data.folds import fold_units as fold_units
from steadfit.data.folds import make_folds as make_folds
from steadfit.data.folds import rare_classes as rare_classes
from steadfit.data.forecasting import forecast_of as forecast_of
from steadfit.data.forecasting import from_forecast as from_forecast
from steadfit.data.forecasting import naive_forecasts as naive_forecasts
from steadfit.data.forecasting import scaled_errors as scaled_errors
from steadfit.data.objects import from_pair as from_pair
from steadfit.data.points import points as points
from steadfit.data.preparation import fit_preparation as fit_preparation
from steadfit.data.registry import dataset_of as dataset_of
from steadfit.data.registry import read as read
from steadfit.data.registry import taken as taken
from steadfit.data.samples import carve as carve
from steadfit.data.samples import draw as draw
from steadfit.data.samples import natural as natural
from steadfit.data.schema import Schema as Schema
from steadfit.data.sequences import from_series as from_series
from steadfit.data.sequences import from_texts as from_texts
from steadfit.data.splits import Sides as Sides
from steadfit.data.splits import sides as sides
from steadfit.data.splits import split as split
from steadfit.data.tables import from_table as from_table
from steadfit.kinds import Ragged as Ragged
from steadfit.kinds import Table as Table
from steadfit.tasks import Forecast as Forecast
