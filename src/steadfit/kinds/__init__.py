"""What an example is: an image, a series, a text, a row of a table.

A `Kind` says how examples are described, batched, padded, prepared and changed at random, and which
model and remedies are tried on them where none are named. A new kind is one file here and one line
in `registry`.
"""

from steadfit.kinds.base import Kind as Kind
from steadfit.kinds.images import Images as Images
from steadfit.kinds.inputs import Inputs as Inputs
from steadfit.kinds.preparation import RESERVED as RESERVED
from steadfit.kinds.preparation import Preparation as Preparation
from steadfit.kinds.preparation import Text as Text
from steadfit.kinds.preparation import Window as Window
from steadfit.kinds.ragged import Ragged as Ragged
from steadfit.kinds.ragged import Unit as Unit
from steadfit.kinds.ragged import text_of as text_of
from steadfit.kinds.registry import KINDS as KINDS
from steadfit.kinds.registry import checked as checked
from steadfit.kinds.registry import kind_of as kind_of
from steadfit.kinds.series import Series as Series
from steadfit.kinds.signature import Signature as Signature
from steadfit.kinds.table import Table as Table
from steadfit.kinds.tables import Tables as Tables
from steadfit.kinds.texts import Texts as Texts
from steadfit.kinds.values import Examples as Examples
from steadfit.kinds.values import Packed as Packed
from steadfit.kinds.values import existing as existing
from steadfit.kinds.windows import Windows as Windows
