"""Files as cells, pixels, rows and arrays, before anything is known of examples or targets."""

from collections.abc import Mapping
from types import MappingProxyType

from steadfit.formats.forecast_tables import ForecastTable as ForecastTable
from steadfit.formats.form import Form as Form
from steadfit.formats.form import Rows as Rows
from steadfit.formats.long_tables import LongTable as LongTable
from steadfit.formats.text_tables import TextTable as TextTable
from steadfit.formats.wide_tables import WideTable as WideTable

FORMS: Mapping[str, type[Form]] = MappingProxyType(
    {form.name: form for form in (WideTable, LongTable, TextTable, ForecastTable)}
)
